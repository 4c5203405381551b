// Package g711 is ITU-T G.711, the sound of the telephone network: 8000 samples a second of 8 bits each, in
// the µ-law (PCMU) of North America and Japan and the A-law (PCMA) of the rest of the world.
//
// Samples are 16 bits, with the code's 14 (µ-law) or 13 (A-law) bits in the high ones, as in ITU-T G.191.
package g711
