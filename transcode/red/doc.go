// Package red reads and makes RTP payloads that repeat those before them (RFC 2198), so that a lost packet comes with
// the next one.
//
// A Receiver gives what is new in such packets, in order; a Sender adds copies to payloads. Which payload types mean
// what was agreed on elsewhere.
package red
