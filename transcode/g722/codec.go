package g722

import (
	"errors"

	"sipbridge/transcode/conceal"
)

const (
	// SampleRate of the sound in Hz.
	SampleRate = 16000
	// ClockRate is the RTP clock rate in Hz (RFC 3551 section 4.5.2): one tick is one byte is two samples.
	ClockRate = 8000
)

// The errors of this package.
var (
	// ErrRoom says that a packet or frame does not fit into the buffer given for it.
	ErrRoom = errors.New("g722: buffer too small")
	// ErrOdd says that there is half a pair of samples.
	ErrOdd = errors.New("g722: odd number of samples")
)

// Encoder encodes one stream. It is not safe for concurrent use.
type Encoder struct {
	filter mirrorFilter
	low    lowBand
	high   highBand
}

// NewEncoder makes an encoder.
func NewEncoder() *Encoder { return &Encoder{low: newLowBand(), high: newHighBand()} }

// Encode turns an even number of samples into a payload of half as many bytes, and gives its size.
func (e *Encoder) Encode(pcm []int16, payload []byte) (int, error) {
	n := len(pcm) / 2
	if len(pcm)%2 != 0 {
		return 0, ErrOdd
	}
	if len(payload) < n {
		return 0, ErrRoom
	}
	for i := range payload[:n] {
		low, high := e.filter.split(pcm[2*i], pcm[2*i+1])
		payload[i] = e.high.encode(high)<<6 | e.low.encode(low)
	}
	return n, nil
}

// Decoder decodes one stream and conceals its holes. It is not safe for concurrent use.
type Decoder struct {
	filter mirrorFilter
	low    lowBand
	high   highBand
	past   *conceal.Repeater
}

// NewDecoder makes a decoder.
func NewDecoder() *Decoder {
	return &Decoder{low: newLowBand(), high: newHighBand(), past: conceal.NewRepeater(SampleRate)}
}

// Decode turns a payload into sound and gives the number of samples, two for each byte.
func (d *Decoder) Decode(payload []byte, pcm []int16) (int, error) {
	n := 2 * len(payload)
	if len(pcm) < n {
		return 0, ErrRoom
	}
	for i, code := range payload {
		pcm[2*i], pcm[2*i+1] = d.filter.join(d.low.decode(code&0x3f), d.high.decode(code>>6))
	}
	d.past.Heard(pcm[:n])
	return n, nil
}

// Conceal fills pcm with the last pitch period before a hole, repeated and faded out within 60 ms. What
// follows the hole is of no use to it: the predictors find back by themselves.
func (d *Decoder) Conceal(_ []byte, pcm []int16) (int, error) {
	d.past.Fill(pcm)
	return len(pcm), nil
}
