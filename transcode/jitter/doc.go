// Package jitter puts RTP packets in order and decides when a missing one is lost.
//
// It is driven by the packets alone: no timer, no goroutine, no delay where nothing is missing. A packet that
// is next in order goes out at once. Behind a hole, packets are held until the missing one comes or until
// the newest held packet is Wait later than the oldest; then the hole is declared lost and what was
// held goes out. Late and duplicate packets are dropped and counted.
package jitter
