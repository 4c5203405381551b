// Package jitter puts RTP packets in order, decides when a missing one is lost, and evens out how they come.
//
// On a path that delivers evenly a packet that is next in order goes out at once, and the Buffer holds nothing. How
// late packets are against the fastest ones it measures all the time; once too many of them are late by more than 10
// ms, it holds all until nearly all would have come (Delay), at most as long as it may. A hole is declared lost when
// the packet behind it is due. Without a delay that is after a short wait, which ends once losses have shown that
// nothing comes out of order here. Late and duplicate packets are dropped and counted.
//
// The clock of a party that is not quite ours needs no more: the fastest packets are looked for among the latest ones,
// so the delay neither grows nor falls with the drift, and timestamps go out as they came.
//
// The Buffer has neither timer nor goroutine: its owner calls Advance when Due says so. Moments are lengths of time
// since any one moment, the same for all calls.
package jitter
