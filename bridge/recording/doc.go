// Package recording records calls, the caller left and the callee right, beside the calls themselves.
//
// A tap stands in the way of each party's packets. It copies what passes into a queue, never waiting: what does not
// fit is not recorded, and counted. The recording's goroutine decodes the copies, whatever the call does with the
// originals, by a transcode.Pipe of its own for each tap, and puts the sound where it belongs in time (timeline); a
// second later, when nothing older is to come, it is written. So a call on hold is silent in its file, and both voices
// stay in step.
//
// A file is made under a name that ends in .part and gets its own when the call has ended. Meanwhile it is a whole one
// after each few seconds (WAV) or at each moment (Ogg), so that what a crash leaves behind can be heard.
package recording
