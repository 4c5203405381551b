package speex

/*
#cgo pkg-config: speex
#cgo noescape encode
#cgo nocallback encode
#include <stdlib.h>
#include <string.h>
#include <speex/speex.h>

enum { most_samples = 640 };

typedef struct {
	void *state;
	SpeexBits bits;
	int frame;
} encoder;

static void encoder_free(encoder *e) {
	speex_bits_destroy(&e->bits);
	speex_encoder_destroy(e->state);
	free(e);
}

static encoder *encoder_new(int mode, int frame, int quality, int complexity, int vbr) {
	encoder *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->state = speex_encoder_init(speex_lib_get_mode(mode));
	if (!e->state) {
		free(e);
		return NULL;
	}
	float wish = quality;
	e->frame = frame;
	speex_bits_init(&e->bits);
	speex_encoder_ctl(e->state, SPEEX_SET_QUALITY, &quality);
	speex_encoder_ctl(e->state, SPEEX_SET_COMPLEXITY, &complexity);
	speex_encoder_ctl(e->state, SPEEX_SET_VBR, &vbr);
	if (vbr)
		speex_encoder_ctl(e->state, SPEEX_SET_VBR_QUALITY, &wish);
	return e;
}

// encode gives the size, or -1 if there is no room. The library may change the sound it is given.
static int encode(encoder *e, const spx_int16_t *pcm, int frames, char *payload, int room) {
	spx_int16_t copy[most_samples];
	speex_bits_reset(&e->bits);
	for (int i = 0; i < frames; i++) {
		memcpy(copy, pcm + i * e->frame, e->frame * sizeof *pcm);
		speex_encode_int(e->state, copy, &e->bits);
	}
	speex_bits_insert_terminator(&e->bits);
	if (speex_bits_nbytes(&e->bits) > room)
		return -1;
	return speex_bits_write(&e->bits, payload, room);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

const (
	// DefaultQuality gives 15, 28 and 29 kbit/s in the three modes.
	DefaultQuality = 8
	// DefaultComplexity is a good balance between work and sound.
	DefaultComplexity = 3
)

// The errors of this package.
var (
	// ErrRoom says that a packet or frame does not fit into the buffer given for it.
	ErrRoom = errors.New("speex: buffer too small")
	// ErrMalformed says that a packet holds no frame, or sound is no row of 20 ms.
	ErrMalformed = errors.New("speex: malformed packet or frame")
	// ErrOptions says that an option is out of its bounds.
	ErrOptions = errors.New("speex: bad options")

	errMemory = errors.New("speex: out of memory")
)

// EncoderOptions says how to encode.
type EncoderOptions struct {
	// Mode is the bandwidth. Default: Narrowband.
	Mode Mode
	// Quality from 1 to 10, which sets the bit rate; 0 means DefaultQuality.
	Quality int
	// Complexity from 1 to 10; 0 means DefaultComplexity.
	Complexity int
	// VBR lets the bit rate follow the sound. Default: false.
	VBR bool
}

// completed gives the options with their defaults.
func (o EncoderOptions) completed() (EncoderOptions, error) {
	if o.Quality == 0 {
		o.Quality = DefaultQuality
	}
	if o.Complexity == 0 {
		o.Complexity = DefaultComplexity
	}
	if o.Mode > UltraWideband || o.Quality < 1 || o.Quality > 10 || o.Complexity < 1 || o.Complexity > 10 {
		return o, fmt.Errorf("%w: %+v", ErrOptions, o)
	}
	return o, nil
}

// Encoder encodes one stream. It is not safe for concurrent use. Its memory is freed some time after it
// is no longer used.
type Encoder struct {
	lib   *C.encoder
	frame int
}

// NewEncoder makes an encoder. The error may be ErrOptions.
func NewEncoder(options EncoderOptions) (*Encoder, error) {
	options, err := options.completed()
	if err != nil {
		return nil, err
	}
	vbr := 0
	if options.VBR {
		vbr = 1
	}
	frame := options.Mode.FrameSamples()
	lib := C.encoder_new(C.int(options.Mode), C.int(frame), C.int(options.Quality), C.int(options.Complexity), C.int(vbr))
	if lib == nil {
		return nil, errMemory
	}
	e := &Encoder{lib: lib, frame: frame}
	runtime.AddCleanup(e, func(lib *C.encoder) { C.encoder_free(lib) }, lib)
	return e, nil
}

// Encode turns sound of a multiple of 20 ms into a payload and gives its size.
func (e *Encoder) Encode(pcm []int16, payload []byte) (int, error) {
	frames := len(pcm) / e.frame
	if frames == 0 || len(pcm)%e.frame != 0 {
		return 0, ErrMalformed
	}
	n := C.encode(e.lib, (*C.spx_int16_t)(unsafe.SliceData(pcm)), C.int(frames),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(payload))), C.int(len(payload)))
	runtime.KeepAlive(e)
	if n < 0 {
		return 0, ErrRoom
	}
	return int(n), nil
}
