// Package resample changes the sample rate of mono sound with libspeexdsp, for the pairs of codecs that have no rate
// in common, such as G.722 and G.711.
package resample

/*
#cgo pkg-config: speexdsp
#cgo noescape resample
#cgo nocallback resample
#include <speex/speex_resampler.h>

static int resample(SpeexResamplerState *state, const spx_int16_t *in, spx_uint32_t n, spx_int16_t *out,
		spx_uint32_t room) {
	spx_uint32_t taken = n, given = room;
	int problem = speex_resampler_process_int(state, 0, in, &taken, out, &given);
	return problem != RESAMPLER_ERR_SUCCESS || taken != n ? -1 : (int)given;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// quality is where telephone sound gains nothing from more: 0 to 10, at a delay of about 3 ms.
const quality = 4

// ErrRoom says that the sound does not fit into the buffer given for it.
var ErrRoom = errors.New("resample: buffer too small")

// Resampler changes the rate of one stream. It is not safe for concurrent use. Its memory is freed some time after
// it is no longer used.
type Resampler struct {
	state    *C.SpeexResamplerState
	from, to int
}

// New makes a Resampler of sound from one sample rate to another, in Hz.
func New(from, to int) (*Resampler, error) {
	if from <= 0 || to <= 0 {
		return nil, fmt.Errorf("resample: from %d to %d Hz", from, to)
	}
	var problem C.int
	state := C.speex_resampler_init(1, C.spx_uint32_t(from), C.spx_uint32_t(to), quality, &problem)
	if state == nil {
		return nil, fmt.Errorf("resample: from %d to %d Hz: libspeexdsp error %d", from, to, int(problem))
	}
	r := &Resampler{state: state, from: from, to: to}
	runtime.AddCleanup(r, func(state *C.SpeexResamplerState) { C.speex_resampler_destroy(state) }, state)
	return r, nil
}

// Room gives how many samples may come out for so many put in.
func (r *Resampler) Room(samples int) int { return samples*r.to/r.from + 1 }

// Resample takes in sound and gives the number of samples that come out, which on average is as many as belong to
// the time. They come Delay late. Out must have Room.
func (r *Resampler) Resample(in, out []int16) (int, error) {
	if len(in) == 0 {
		return 0, nil
	}
	if len(out) < r.Room(len(in)) {
		return 0, ErrRoom
	}
	n := C.resample(r.state, (*C.spx_int16_t)(unsafe.SliceData(in)), C.spx_uint32_t(len(in)),
		(*C.spx_int16_t)(unsafe.SliceData(out)), C.spx_uint32_t(len(out)))
	runtime.KeepAlive(r)
	if n < 0 {
		return 0, ErrRoom
	}
	return int(n), nil
}

// Delay gives how much later sound comes out, in samples of the rate that comes out.
func (r *Resampler) Delay() int {
	delay := int(C.speex_resampler_get_output_latency(r.state))
	runtime.KeepAlive(r)
	return delay
}

// Reset forgets the sound so far.
func (r *Resampler) Reset() {
	C.speex_resampler_reset_mem(r.state)
	runtime.KeepAlive(r)
}
