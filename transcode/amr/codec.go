//go:build amr

package amr

/*
#cgo LDFLAGS: -lopencore-amrnb -lopencore-amrwb -lvo-amrwbenc
#include <stdlib.h>
#include <opencore-amrnb/interf_dec.h>
#include <opencore-amrnb/interf_enc.h>
#include <opencore-amrwb/dec_if.h>
#include <vo-amrwbenc/enc_if.h>

static void *encoder_new(int wide) { return wide ? E_IF_init() : Encoder_Interface_init(0); }

static void encoder_free(void *state, int wide) {
	if (wide)
		E_IF_exit(state);
	else
		Encoder_Interface_exit(state);
}

static int encode(void *state, int wide, int mode, const short *pcm, unsigned char *frame) {
	return wide ? E_IF_encode(state, mode, pcm, frame, 0) : Encoder_Interface_Encode(state, mode, pcm, frame, 1);
}

static void *decoder_new(int wide) { return wide ? D_IF_init() : Decoder_Interface_init(); }

static void decoder_free(void *state, int wide) {
	if (wide)
		D_IF_exit(state);
	else
		Decoder_Interface_exit(state);
}

// decode makes 20 ms of a frame. That of a hole has no data, from which the library goes on by itself.
static void decode(void *state, int wide, const unsigned char *frame, short *pcm) {
	if (wide)
		D_IF_decode(state, frame, pcm, 0);
	else
		Decoder_Interface_Decode(state, frame, pcm, 0);
}
*/
import "C"

import (
	"errors"
	"runtime"
	"unsafe"
)

var errMemory = errors.New("amr: out of memory")

func wide(band Band) C.int {
	if band == Wide {
		return 1
	}
	return 0
}

// Encoder encodes one stream. It is not safe for concurrent use.
type Encoder struct {
	format Format
	state  unsafe.Pointer
	rate   rate
	frames []byte
}

// NewEncoder makes an encoder.
func NewEncoder(format Format) (*Encoder, error) {
	band := wide(format.Band)
	state := C.encoder_new(band)
	if state == nil {
		return nil, errMemory
	}
	e := &Encoder{format: format, state: state, rate: newRate(format), frames: make([]byte, mostFrames*FrameRoom)}
	runtime.AddCleanup(e, func(state unsafe.Pointer) { C.encoder_free(state, band) }, state)
	return e, nil
}

// FollowMode has what follows be of the mode that the party asks for, if that was agreed on; NoRequest leaves it to us.
func (e *Encoder) FollowMode(mode int) { e.rate.follow(mode) }

// Encode turns sound of a multiple of 20 ms into a payload and gives its size.
func (e *Encoder) Encode(pcm []int16, payload []byte) (int, error) {
	length := e.format.Band.FrameSamples()
	if len(pcm) == 0 || len(pcm)%length != 0 || len(pcm) > mostFrames*length {
		return 0, ErrMalformed
	}
	size := 0
	for at := 0; at < len(pcm); at += length {
		frame := (*C.uchar)(unsafe.SliceData(e.frames[size:]))
		mode := C.int(e.rate.next())
		size += int(C.encode(e.state, wide(e.format.Band), mode, (*C.short)(&pcm[at]), frame))
	}
	runtime.KeepAlive(e)
	return e.format.Pack(e.frames[:size], payload)
}

// Decoder decodes one stream and conceals its holes. It is not safe for concurrent use.
type Decoder struct {
	format Format
	state  unsafe.Pointer
}

// NewDecoder makes a decoder.
func NewDecoder(format Format) (*Decoder, error) {
	band := wide(format.Band)
	state := C.decoder_new(band)
	if state == nil {
		return nil, errMemory
	}
	d := &Decoder{format: format, state: state}
	runtime.AddCleanup(d, func(state unsafe.Pointer) { C.decoder_free(state, band) }, state)
	return d, nil
}

// Decode turns a payload into sound and gives the number of samples.
func (d *Decoder) Decode(payload []byte, pcm []int16) (int, error) {
	n := 0
	err := d.format.Unpack(payload, func(frame []byte) error {
		if len(pcm) < n+d.format.Band.FrameSamples() {
			return ErrRoom
		}
		n += d.decode(frame, pcm[n:])
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// decode makes 20 ms of a frame, for which there must be room.
func (d *Decoder) decode(frame []byte, pcm []int16) int {
	C.decode(d.state, wide(d.format.Band), (*C.uchar)(unsafe.SliceData(frame)), (*C.short)(unsafe.SliceData(pcm)))
	runtime.KeepAlive(d)
	return d.format.Band.FrameSamples()
}

// Conceal fills pcm with what the library makes of frames that are missing, whole ones; the rest stays. What follows
// the hole is of no use to it.
func (d *Decoder) Conceal(_ []byte, pcm []int16) (int, error) {
	var missing [FrameRoom]byte
	missing[0] = noData<<3 | 4
	n := 0
	for n+d.format.Band.FrameSamples() <= len(pcm) {
		n += d.decode(missing[:], pcm[n:])
	}
	return n, nil
}
