// Package emodel rates a telephone connection as its users would: the E-model of ITU-T G.107.
//
// What is not measured has the default of G.107, table 2: echo, noise, loudness. What is measured is delay and loss,
// and what the codec does to speech by itself. The rating R goes from 0 to 100, the mean opinion score (MOS) from 1,
// bad, to 4.5, excellent. It is the narrow-band scale, on which a wide-band codec is as good as G.711 and no better.
package emodel
