//go:build bcg729

package g729

/*
#cgo LDFLAGS: -lbcg729
#include <bcg729/decoder.h>
#include <bcg729/encoder.h>

static int encode(bcg729EncoderChannelContextStruct *state, const int16_t *pcm, uint8_t *payload) {
	uint8_t size = 0;
	bcg729Encoder(state, pcm, payload, &size);
	return size;
}
*/
import "C"

import (
	"errors"
	"runtime"
	"unsafe"
)

const (
	// SampleRate is the only rate of G.729, in Hz; it is its RTP clock rate too.
	SampleRate = 8000
	// frameSamples and frameSize are 10 ms; silenceSize is what describes silence.
	frameSamples = 80
	frameSize    = 10
	silenceSize  = 2
)

// The errors of this package.
var (
	// ErrRoom says that a packet or frame does not fit into the buffer given for it.
	ErrRoom = errors.New("g729: buffer too small")
	// ErrMalformed says that a packet is no row of frames, or sound no row of 10 ms.
	ErrMalformed = errors.New("g729: not a whole number of frames")

	errMemory = errors.New("g729: out of memory")
)

// Encoder encodes one stream, silence as it is. It is not safe for concurrent use.
type Encoder struct {
	state *C.bcg729EncoderChannelContextStruct
}

// NewEncoder makes an encoder.
func NewEncoder() (*Encoder, error) {
	state := C.initBcg729EncoderChannel(0)
	if state == nil {
		return nil, errMemory
	}
	e := &Encoder{state: state}
	runtime.AddCleanup(e, func(state *C.bcg729EncoderChannelContextStruct) { C.closeBcg729EncoderChannel(state) }, state)
	return e, nil
}

// Encode turns sound of a multiple of 10 ms into a payload and gives its size.
func (e *Encoder) Encode(pcm []int16, payload []byte) (int, error) {
	if len(pcm) == 0 || len(pcm)%frameSamples != 0 {
		return 0, ErrMalformed
	}
	if len(payload) < len(pcm)/frameSamples*frameSize {
		return 0, ErrRoom
	}
	size := 0
	for at := 0; at < len(pcm); at += frameSamples {
		size += int(C.encode(e.state, (*C.int16_t)(&pcm[at]), (*C.uint8_t)(&payload[size])))
	}
	runtime.KeepAlive(e)
	return size, nil
}

// Decoder decodes one stream and conceals its holes. It is not safe for concurrent use.
type Decoder struct {
	state *C.bcg729DecoderChannelContextStruct
}

// NewDecoder makes a decoder.
func NewDecoder() (*Decoder, error) {
	state := C.initBcg729DecoderChannel()
	if state == nil {
		return nil, errMemory
	}
	d := &Decoder{state: state}
	runtime.AddCleanup(d, func(state *C.bcg729DecoderChannelContextStruct) { C.closeBcg729DecoderChannel(state) }, state)
	return d, nil
}

// Decode turns a payload into sound and gives the number of samples.
func (d *Decoder) Decode(payload []byte, pcm []int16) (int, error) {
	rest := len(payload) % frameSize
	if len(payload) == 0 || rest != 0 && rest != silenceSize {
		return 0, ErrMalformed
	}
	if len(pcm) < (len(payload)+frameSize-1)/frameSize*frameSamples {
		return 0, ErrRoom
	}
	n := 0
	for at := 0; at < len(payload); at += frameSize {
		frame := payload[at:min(at+frameSize, len(payload))]
		n += d.decode(frame, pcm[n:])
	}
	return n, nil
}

// decode makes 10 ms of a frame, or of none for a hole; there must be room.
func (d *Decoder) decode(frame []byte, pcm []int16) int {
	var lost, silence C.uint8_t
	switch len(frame) {
	case 0:
		lost, frame = 1, make([]byte, frameSize)
	case silenceSize:
		silence = 1
	}
	C.bcg729Decoder(d.state, (*C.uint8_t)(unsafe.SliceData(frame)), C.uint8_t(len(frame)), lost, silence, 0,
		(*C.int16_t)(unsafe.SliceData(pcm)))
	runtime.KeepAlive(d)
	return frameSamples
}

// Conceal fills pcm with what the library makes of frames that are missing, whole ones; the rest stays. What follows
// the hole is of no use to it.
func (d *Decoder) Conceal(_ []byte, pcm []int16) (int, error) {
	n := 0
	for n+frameSamples <= len(pcm) {
		n += d.decode(nil, pcm[n:])
	}
	return n, nil
}
