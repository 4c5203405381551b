package speex

/*
#cgo pkg-config: speex
#cgo noescape decode
#cgo nocallback decode
#cgo noescape conceal
#cgo nocallback conceal
#include <stdlib.h>
#include <speex/speex.h>

typedef struct {
	void *state;
	SpeexBits bits;
	int frame;
} decoder;

static void decoder_free(decoder *d) {
	speex_bits_destroy(&d->bits);
	speex_decoder_destroy(d->state);
	free(d);
}

static decoder *decoder_new(int mode, int frame) {
	decoder *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->state = speex_decoder_init(speex_lib_get_mode(mode));
	if (!d->state) {
		free(d);
		return NULL;
	}
	d->frame = frame;
	speex_bits_init(&d->bits);
	return d;
}

// decode tells whether the frames that Frames counted could be decoded.
static int decode(decoder *d, const char *payload, int size, spx_int16_t *pcm, int frames) {
	speex_bits_read_from(&d->bits, payload, size);
	for (int i = 0; i < frames; i++)
		if (speex_decode_int(d->state, &d->bits, pcm + i * d->frame) != 0)
			return 0;
	return speex_bits_remaining(&d->bits) >= 0;
}

static void conceal(decoder *d, spx_int16_t *pcm, int frames) {
	for (int i = 0; i < frames; i++)
		speex_decode_int(d->state, NULL, pcm + i * d->frame);
}
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// maxPayload is the largest packet that is looked at, in bytes: 240 ms of the highest rate are less.
const maxPayload = 1500

// Decoder decodes one stream. It is not safe for concurrent use. Its memory is freed some time after it
// is no longer used.
type Decoder struct {
	lib   *C.decoder
	mode  Mode
	frame int
}

// NewDecoder makes a decoder. It also takes the frames of narrower modes.
func NewDecoder(mode Mode) (*Decoder, error) {
	if mode > UltraWideband {
		return nil, ErrOptions
	}
	frame := mode.FrameSamples()
	lib := C.decoder_new(C.int(mode), C.int(frame))
	if lib == nil {
		return nil, errMemory
	}
	d := &Decoder{lib: lib, mode: mode, frame: frame}
	runtime.AddCleanup(d, func(lib *C.decoder) { C.decoder_free(lib) }, lib)
	return d, nil
}

// Decode turns a payload of one or more frames into sound and gives the number of samples.
func (d *Decoder) Decode(payload []byte, pcm []int16) (int, error) {
	if len(payload) > maxPayload {
		return 0, ErrMalformed
	}
	frames, err := d.mode.Frames(payload)
	if err != nil {
		return 0, err
	}
	if len(pcm) < frames*d.frame {
		return 0, ErrRoom
	}
	good := C.decode(d.lib, (*C.char)(unsafe.Pointer(unsafe.SliceData(payload))), C.int(len(payload)),
		(*C.spx_int16_t)(unsafe.SliceData(pcm)), C.int(frames))
	runtime.KeepAlive(d)
	if good == 0 {
		return 0, ErrMalformed
	}
	return frames * d.frame, nil
}

// Conceal fills pcm with what may have stood in a hole, and gives how much it filled: a multiple of 20 ms. What
// follows the hole is of no use to it.
func (d *Decoder) Conceal(_ []byte, pcm []int16) (int, error) {
	frames := len(pcm) / d.frame
	C.conceal(d.lib, (*C.spx_int16_t)(unsafe.SliceData(pcm)), C.int(frames))
	runtime.KeepAlive(d)
	return frames * d.frame, nil
}
