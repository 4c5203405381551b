package opus

import (
	"fmt"
	"slices"

	libopus "github.com/hraban/opus"
)

// Decoder decodes one stream. It is not safe for concurrent use.
type Decoder struct {
	lib        *libopus.Decoder
	sampleRate int
}

// NewDecoder makes a decoder whose output has the given sample rate in Hz. A stereo stream is mixed to mono.
func NewDecoder(sampleRate int) (*Decoder, error) {
	lib, err := libopus.NewDecoder(sampleRate, 1)
	if err != nil {
		return nil, fmt.Errorf("opus: decoder at %d Hz: %w", sampleRate, err)
	}
	return &Decoder{lib: lib, sampleRate: sampleRate}, nil
}

// Decode turns a packet into sound and gives the number of samples. Pcm must have room for 120 ms.
func (d *Decoder) Decode(packet []byte, pcm []int16) (int, error) {
	samples, err := Samples(packet)
	if err != nil {
		return 0, err
	}
	if len(pcm) < samples*d.sampleRate/ClockRate {
		return 0, fmt.Errorf("opus: no room for %d samples", samples*d.sampleRate/ClockRate)
	}
	// The library writes up to the capacity of its argument, not the length.
	n, err := d.lib.Decode(packet, slices.Clip(pcm))
	if err != nil {
		return 0, fmt.Errorf("opus: decode: %w", err)
	}
	return n, nil
}

// Conceal fills pcm with what may have stood in a hole, and gives how much it filled: a multiple of
// 2.5 ms. Next is the packet that follows the hole, or nil; its forward error correction, if it has
// any, restores the end of the hole (RFC 6716 section 2.1.7).
func (d *Decoder) Conceal(next []byte, pcm []int16) (int, error) {
	unit := d.sampleRate / 400
	n := min(len(pcm), MaxSamples*d.sampleRate/ClockRate) / unit * unit
	if n == 0 {
		return 0, nil
	}
	var err error
	if _, malformed := Samples(next); malformed != nil {
		err = d.lib.DecodePLC(pcm[:n:n])
	} else {
		err = d.lib.DecodeFEC(next, pcm[:n:n])
	}
	if err != nil {
		return 0, fmt.Errorf("opus: conceal: %w", err)
	}
	return n, nil
}
