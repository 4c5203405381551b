package g711

import (
	"errors"

	"sipbridge/transcode/conceal"
)

// SampleRate is the only rate of G.711, in Hz; it is its RTP clock rate too (RFC 3551 section 4.5.14).
const SampleRate = 8000

// ErrRoom says that a packet or frame does not fit into the buffer given for it.
var ErrRoom = errors.New("g711: buffer too small")

// Encoder encodes a stream. It keeps no state.
type Encoder struct{ Law Law }

// Encode turns samples into a payload and gives its size.
func (e Encoder) Encode(pcm []int16, payload []byte) (int, error) {
	if len(payload) < len(pcm) {
		return 0, ErrRoom
	}
	return e.Law.Encode(pcm, payload), nil
}

// Decoder decodes a stream and conceals its holes. It is not safe for concurrent use.
type Decoder struct {
	law  Law
	past *conceal.Repeater
}

// NewDecoder makes a decoder.
func NewDecoder(law Law) *Decoder {
	return &Decoder{law: law, past: conceal.NewRepeater(SampleRate)}
}

// Decode turns a payload into sound and gives the number of samples.
func (d *Decoder) Decode(payload []byte, pcm []int16) (int, error) {
	if len(pcm) < len(payload) {
		return 0, ErrRoom
	}
	n := d.law.Decode(payload, pcm)
	d.past.Heard(pcm[:n])
	return n, nil
}

// Conceal fills pcm with the last pitch period before a hole, repeated and faded out within 60 ms. What
// follows the hole is of no use to it.
func (d *Decoder) Conceal(_ []byte, pcm []int16) (int, error) {
	d.past.Fill(pcm)
	return len(pcm), nil
}
