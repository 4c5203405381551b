// Package g729 is ITU-T G.729 Annex A: telephone sound in 8 kbit/s, frames of 10 ms and 10 bytes, of which a packet has
// one or more, and at its end perhaps one of 2 bytes that describes silence (Annex B; RFC 3551 section 4.5.6).
//
// It is in programs that are built with the tag bcg729, which links the library of that name. That is under the GPL,
// version 3, and so is a program with it.
package g729
