// Package speex codes mono sound with libspeex, in its three bandwidths. A payload is a row of frames of 20 ms, filled
// up to whole bytes (RFC 5574 section 3).
package speex

// Mode is the bandwidth of a stream.
type Mode uint8

// The modes: sound up to 4, 8 and 16 kHz.
const (
	Narrowband Mode = iota
	Wideband
	UltraWideband
)

// SampleRate gives the rate in Hz at which a mode is decoded and encoded; it is its RTP clock rate too.
func (m Mode) SampleRate() int { return 8000 << m }

// FrameSamples gives the number of samples in a frame: 20 ms.
func (m Mode) FrameSamples() int { return m.SampleRate() / 50 }
