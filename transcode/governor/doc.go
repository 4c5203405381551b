// Package governor lets encoders do with less as the machine fills.
//
// Every second it looks how busy the processors are, and lowers the complexity of Opus by one after some seconds above
// the upper mark, down to 0, which costs a third of 5; it raises it again after a longer time below the lower mark.
// Between the marks nothing changes, so that the relief that a lower complexity brings does not end it at once.
package governor
