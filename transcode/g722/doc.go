// Package g722 is ITU-T G.722 at 64 kbit/s: sound up to 7 kHz, sampled at 16 kHz, in as many bits as G.711 needs
// for half of it.
//
// A filter splits the sound into two bands of 8000 samples a second each (filter.go). Each band is
// predicted, and what the prediction missed is coded (predictor.go): 6 bits for the low band (low.go), 2 for
// the high one (high.go), together one byte for two samples. Names and numbers are those of the
// recommendation, clauses 3, 5 and 6, and the arithmetic follows it bit by bit.
//
// The RTP clock rate is 8000 Hz, by an old mistake that RFC 3551 section 4.5.2 keeps.
package g722
