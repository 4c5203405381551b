package comfortnoise

import (
	"math"
	"slices"
)

const (
	// PayloadType is the static one (RFC 3551 table 4), for noise beside codecs of 8 kHz.
	PayloadType = 13
	// ClockRate is that of its timestamps, in Hz.
	ClockRate = 8000

	// quietest is the level of silence, in -dBov.
	quietest = 127
	// maxOrder is how many reflection coefficients are used; the RFC names no bound and suggests 10.
	maxOrder = 12
	// overload is the effective value of 0 dBov: a square wave of full scale.
	overload = 32768
)

// Generator makes noise. The zero value is silent. It is not safe for concurrent use.
type Generator struct {
	// amplitude is of the white noise before the filter.
	amplitude float64
	// reflection are the coefficients of the filter that colours it, state its memory.
	reflection []float64
	state      [maxOrder + 1]float64
	room       [maxOrder]float64
	// seed is the state of the source of white noise.
	seed uint32
}

// Describe takes a payload: a level in -dBov, and reflection coefficients, if any (RFC 3389 section 3). An empty one
// changes nothing.
func (g *Generator) Describe(payload []byte) {
	if len(payload) == 0 {
		return
	}
	level := float64(payload[0] & 0x7f)
	g.amplitude = overload * math.Pow(10, -level/20) * math.Sqrt(3) // uniform noise has a third of the power of its peak
	if level == quietest {
		g.amplitude = 0
	}
	coded := payload[1:min(len(payload), 1+maxOrder)]
	g.reflection = g.room[:len(coded)]
	for i, index := range coded {
		k := 258 * float64(int(index)-127) / 32768
		g.reflection[i] = min(max(k, -0.99), 0.99)
		g.amplitude *= math.Sqrt(1 - g.reflection[i]*g.reflection[i]) // the filter adds as much
	}
	g.state = [maxOrder + 1]float64{}
}

// Fill makes noise.
func (g *Generator) Fill(pcm []int16) {
	for i := range pcm {
		g.seed = g.seed*1664525 + 1013904223 // Numerical Recipes, "quick and dirty"
		white := float64(int32(g.seed)) / (1 << 31)
		pcm[i] = int16(min(max(g.filter(white*g.amplitude), -32768), 32767))
	}
}

// filter is a lattice of the reflection coefficients, all poles.
func (g *Generator) filter(sample float64) float64 {
	for i, k := range slices.Backward(g.reflection) {
		sample -= k * g.state[i]
		g.state[i+1] = g.state[i] + k*sample
	}
	g.state[0] = sample
	return sample
}
