package transcode

import (
	"sync/atomic"
	"time"
)

const (
	// fullScale is the loudest that G.711 can say, of 32767: A-law ends at 32256 and µ-law at 32124 (ITU-T G.711).
	fullScale = 32100
	// faint is the peak below which nobody hears anything: -54 dB of full scale.
	faint = 64
)

// SoundStats tells of the sound that was decoded: all that is transcoded, and of what passes through the silence before
// anything was to be heard.
type SoundStats struct {
	// Decoded is how much came, Concealed how much was made up for what did not.
	Decoded, Concealed time.Duration
	// Clipped is how much came in packets that reach full scale more than once, Silent in packets without a sound.
	Clipped, Silent time.Duration
	// Discarded counts packets that came too late to be decoded, a second time, or with a number far from all others.
	Discarded uint64
}

// Since gives what was heard after an earlier reading.
func (s SoundStats) Since(earlier SoundStats) SoundStats {
	return SoundStats{
		Decoded: s.Decoded - earlier.Decoded, Concealed: s.Concealed - earlier.Concealed,
		Clipped: s.Clipped - earlier.Clipped, Silent: s.Silent - earlier.Silent,
		Discarded: s.Discarded - earlier.Discarded,
	}
}

// Plus adds what was heard elsewhere.
func (s SoundStats) Plus(other SoundStats) SoundStats {
	return SoundStats{
		Decoded: s.Decoded + other.Decoded, Concealed: s.Concealed + other.Concealed,
		Clipped: s.Clipped + other.Clipped, Silent: s.Silent + other.Silent,
		Discarded: s.Discarded + other.Discarded,
	}
}

// soundCounts are the counters behind SoundStats, in nanoseconds.
type soundCounts struct{ decoded, concealed, clipped, silent atomic.Int64 }

// hear counts sound of a rate in Hz that came in one packet, and tells whether anything is to be heard in it.
func (c *soundCounts) hear(pcm []int16, rate int) (audible bool) {
	length := lengthOf(len(pcm), rate)
	c.decoded.Add(length)
	peak, clipped := int16(0), 0
	for _, sample := range pcm {
		size := max(sample, -max(sample, -32767))
		peak = max(peak, size)
		if size >= fullScale {
			clipped++
		}
	}
	switch {
	case clipped > 1:
		c.clipped.Add(length)
	case peak < faint:
		c.silent.Add(length)
	}
	return peak >= faint
}

// conceal counts what was made up.
func (c *soundCounts) conceal(samples, rate int) { c.concealed.Add(lengthOf(samples, rate)) }

func lengthOf(samples, rate int) int64 { return int64(samples) * int64(time.Second) / int64(rate) }

func (c *soundCounts) stats() SoundStats {
	return SoundStats{
		Decoded: time.Duration(c.decoded.Load()), Concealed: time.Duration(c.concealed.Load()),
		Clipped: time.Duration(c.clipped.Load()), Silent: time.Duration(c.silent.Load()),
	}
}
