// Package l16 is uncompressed sound in RTP: 16-bit samples in network byte order (RFC 3551 section 4.5.11). Parties on
// one local network speak it, and recordings are made of it.
package l16

import (
	"encoding/binary"
	"errors"

	"sipbridge/transcode/conceal"
)

// SampleRate is the rate in Hz at which it is spoken here: wide band, whose packets of 40 ms still fit into an Ethernet
// frame.
const SampleRate = 16000

// ErrRoom says that a packet or frame does not fit into the buffer given for it.
var ErrRoom = errors.New("l16: buffer too small")

// Encoder encodes a stream. It keeps no state.
type Encoder struct{}

// Encode turns samples into a payload and gives its size in bytes.
func (Encoder) Encode(pcm []int16, payload []byte) (int, error) {
	if len(payload) < 2*len(pcm) {
		return 0, ErrRoom
	}
	for i, sample := range pcm {
		binary.BigEndian.PutUint16(payload[2*i:], uint16(sample))
	}
	return 2 * len(pcm), nil
}

// Decoder decodes a stream and conceals its holes. It is not safe for concurrent use.
type Decoder struct{ past *conceal.Repeater }

// NewDecoder makes a decoder.
func NewDecoder() *Decoder { return &Decoder{past: conceal.NewRepeater(SampleRate)} }

// Decode turns a payload into sound and gives the number of samples. Half a sample at the end is left out.
func (d *Decoder) Decode(payload []byte, pcm []int16) (int, error) {
	n := Samples(payload, pcm)
	if n < len(payload)/2 {
		return 0, ErrRoom
	}
	d.past.Heard(pcm[:n])
	return n, nil
}

// Conceal fills pcm with the last pitch period before a hole, repeated and faded out. What follows the hole is of no
// use to it.
func (d *Decoder) Conceal(_ []byte, pcm []int16) (int, error) {
	d.past.Fill(pcm)
	return len(pcm), nil
}

// Samples reads as many samples of a payload as there is room for, and gives their number.
func Samples(payload []byte, pcm []int16) int {
	n := min(len(payload)/2, len(pcm))
	for i := range n {
		pcm[i] = int16(binary.BigEndian.Uint16(payload[2*i:]))
	}
	return n
}
