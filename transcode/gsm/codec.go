// Package gsm codes sound with libgsm: GSM 06.10 full rate, 13 kbit/s, 33 bytes for each 20 ms at 8000 Hz, packed as
// RFC 3551 section 4.5.8.1 has it.
package gsm

/*
#cgo LDFLAGS: -lgsm
#cgo noescape encode
#cgo nocallback encode
#cgo noescape decode
#cgo nocallback decode
#include <gsm/gsm.h>

// The library asks for memory that it may change, and does not change it.

static void encode(gsm state, const gsm_signal *pcm, int frames, gsm_byte *payload) {
	for (int i = 0; i < frames; i++)
		gsm_encode(state, (gsm_signal *)pcm + 160 * i, payload + 33 * i);
}

static int decode(gsm state, const gsm_byte *payload, int frames, gsm_signal *pcm) {
	for (int i = 0; i < frames; i++)
		if (gsm_decode(state, (gsm_byte *)payload + 33 * i, pcm + 160 * i) != 0)
			return -1;
	return 0;
}
*/
import "C"

import (
	"errors"
	"runtime"
	"unsafe"

	"sipbridge/transcode/conceal"
)

const (
	// SampleRate is the only rate of GSM, in Hz; it is its RTP clock rate too.
	SampleRate = 8000
	// FrameSamples is the sound in a frame: 20 ms.
	FrameSamples = 160
	// FrameSize is the size of a frame in bytes.
	FrameSize = 33
)

// signature is the upper half of each frame's first byte.
const signature = 0xd0

// The errors of this package.
var (
	// ErrRoom says that a packet or frame does not fit into the buffer given for it.
	ErrRoom = errors.New("gsm: buffer too small")
	// ErrMalformed says that a packet is no row of GSM frames, or sound no row of 20 ms.
	ErrMalformed = errors.New("gsm: not a whole number of frames")

	errMemory = errors.New("gsm: out of memory")
)

// newState makes the library's state for an owner; it is freed some time after the owner is no longer used.
func newState[T any](owner *T) (C.gsm, error) {
	state := C.gsm_create()
	if state == nil {
		return nil, errMemory
	}
	runtime.AddCleanup(owner, func(state C.gsm) { C.gsm_destroy(state) }, state)
	return state, nil
}

// Encoder encodes one stream. It is not safe for concurrent use.
type Encoder struct{ state C.gsm }

// NewEncoder makes an encoder.
func NewEncoder() (*Encoder, error) {
	e := &Encoder{}
	var err error
	e.state, err = newState(e)
	return e, err
}

// Encode turns sound of a multiple of 20 ms into a payload and gives its size.
func (e *Encoder) Encode(pcm []int16, payload []byte) (int, error) {
	frames := len(pcm) / FrameSamples
	if frames == 0 || len(pcm)%FrameSamples != 0 {
		return 0, ErrMalformed
	}
	if len(payload) < frames*FrameSize {
		return 0, ErrRoom
	}
	C.encode(e.state, (*C.gsm_signal)(unsafe.SliceData(pcm)), C.int(frames), (*C.gsm_byte)(unsafe.SliceData(payload)))
	runtime.KeepAlive(e)
	return frames * FrameSize, nil
}

// Decoder decodes one stream and conceals its holes. It is not safe for concurrent use.
type Decoder struct {
	state C.gsm
	past  *conceal.Repeater
}

// NewDecoder makes a decoder.
func NewDecoder() (*Decoder, error) {
	d := &Decoder{past: conceal.NewRepeater(SampleRate)}
	var err error
	d.state, err = newState(d)
	return d, err
}

// Decode turns a payload of one or more frames into sound and gives the number of samples.
func (d *Decoder) Decode(payload []byte, pcm []int16) (int, error) {
	frames := len(payload) / FrameSize
	if frames == 0 || len(payload)%FrameSize != 0 {
		return 0, ErrMalformed
	}
	for at := 0; at < len(payload); at += FrameSize {
		if payload[at]&0xf0 != signature {
			return 0, ErrMalformed
		}
	}
	n := frames * FrameSamples
	if len(pcm) < n {
		return 0, ErrRoom
	}
	problem := C.decode(d.state, (*C.gsm_byte)(unsafe.SliceData(payload)), C.int(frames),
		(*C.gsm_signal)(unsafe.SliceData(pcm)))
	runtime.KeepAlive(d)
	if problem != 0 {
		return 0, ErrMalformed
	}
	d.past.Heard(pcm[:n])
	return n, nil
}

// Conceal fills pcm with the last pitch period before a hole, repeated and faded out within 60 ms. What
// follows the hole is of no use to it.
func (d *Decoder) Conceal(_ []byte, pcm []int16) (int, error) {
	d.past.Fill(pcm)
	return len(pcm), nil
}
