package opus

/*
#cgo pkg-config: opus
#cgo noescape opus_encode
#cgo nocallback opus_encode
#include <opus.h>

// configure gives the first error of the library, or OPUS_OK.
static int configure(OpusEncoder *e, int complexity, int dtx) {
	int fault = opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(complexity));
	if (fault == OPUS_OK)
		fault = opus_encoder_ctl(e, OPUS_SET_DTX(dtx));
	return fault;
}

static int set_complexity(OpusEncoder *e, int complexity) {
	return opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(complexity));
}

static int complexity_of(OpusEncoder *e) {
	opus_int32 complexity = -1;
	opus_encoder_ctl(e, OPUS_GET_COMPLEXITY(&complexity));
	return complexity;
}

// expect says what is lost, whether to protect against it, and whether to take the sound for speech or music.
static int expect(OpusEncoder *e, int loss, int fec, int signal, int bitrate) {
	int fault = opus_encoder_ctl(e, OPUS_SET_BITRATE(bitrate));
	if (fault == OPUS_OK)
		fault = opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(fec));
	if (fault == OPUS_OK)
		fault = opus_encoder_ctl(e, OPUS_SET_PACKET_LOSS_PERC(loss));
	if (fault == OPUS_OK)
		fault = opus_encoder_ctl(e, OPUS_SET_SIGNAL(signal));
	return fault;
}
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

const (
	// DefaultComplexity is a good balance: half the work of 10, hardly to be heard.
	DefaultComplexity = 5
	// DefaultBitrate in bit/s is plenty for telephone sound, if it is coded as speech.
	DefaultBitrate = 24000
	// Lookahead is how late the sound of an encoder comes out of a decoder, in samples at ClockRate: 2.5 ms for the
	// windows that overlap, 4 ms for the delay compensation of all applications but low delay (libopus, opus_encoder.c).
	Lookahead = ClockRate / 1000 * 65 / 10

	// mostLoss in percent is where the library stops to make its copies better (libopus 1.3, silk LBRR_GainIncreases).
	mostLoss = 25
	// gappyLoss in percent is from where on CELT, which soon gives up to conceal, leaves gaps that SILK does not.
	gappyLoss = 10
)

// EncoderOptions says how to encode.
type EncoderOptions struct {
	// SampleRate of the sound in Hz: 8000, 12000, 16000, 24000 or 48000. Required.
	SampleRate int
	// Channels is 2 for stereo, whose samples come in turn; 0 means 1.
	Channels int
	// Complexity from 1 to 10; 0 means DefaultComplexity.
	Complexity int
	// Bitrate in bit/s; 0 means DefaultBitrate for speech, and what CELT needs for the same quality where that is used.
	Bitrate int
	// MaxBitrate is the most that the receiver takes, in bit/s; 0 means any.
	MaxBitrate int
	// FEC lets each packet carry a rough copy of the one before, for the case that it is lost, while losses are expected.
	FEC bool
	// Loss is how much is expected to be lost at first, in percent; see Encoder.ExpectLoss.
	Loss int
	// DTX sends next to nothing in silence.
	DTX bool
}

// musicBitrate gives from which bit rate on CELT is as near to speech as SILK at DefaultBitrate, by the weighted
// segmental signal-to-noise ratio; 0 where it never is at a bit rate that is wanted.
func musicBitrate(sampleRate int) int {
	switch sampleRate {
	case 8000:
		return 32000
	case 12000, 16000:
		return 40000
	default:
		return 0
	}
}

// bitrates gives those for speech (SILK) and for music (CELT); music is 0 where it is not to be used: in stereo, and
// where silence is to be left out, which SILK alone can.
func (o EncoderOptions) bitrates() (speech, music int) {
	most := o.MaxBitrate
	if most == 0 {
		most = max(o.Bitrate, musicBitrate(o.SampleRate), DefaultBitrate)
	}
	least := musicBitrate(o.SampleRate)
	speech, music = min(o.Bitrate, most), min(o.Bitrate, most)
	if o.Bitrate == 0 {
		speech, music = min(DefaultBitrate, most), min(least, most)
	}
	if least == 0 || music < least || o.DTX || o.Channels == 2 {
		music = 0
	}
	return speech, music
}

// Encoder encodes one stream. It is not safe for concurrent use. Its memory is freed some time after it
// is no longer used.
type Encoder struct {
	lib      *C.OpusEncoder
	channels int
	fec, dtx bool
	// speech and music are the bit rates of EncoderOptions.bitrates.
	speech, music int
}

// NewEncoder makes an encoder for speech.
func NewEncoder(options EncoderOptions) (*Encoder, error) {
	fault := C.int(0)
	options.Channels = max(options.Channels, 1)
	lib := C.opus_encoder_create(C.opus_int32(options.SampleRate), C.int(options.Channels), C.OPUS_APPLICATION_VOIP,
		&fault)
	if lib == nil {
		return nil, fmt.Errorf("opus: encoder at %d Hz: %w", options.SampleRate, libraryError(fault))
	}
	if options.Complexity == 0 {
		options.Complexity = DefaultComplexity
	}
	e := &Encoder{lib: lib, channels: options.Channels, fec: options.FEC, dtx: options.DTX}
	e.speech, e.music = options.bitrates()
	runtime.AddCleanup(e, func(lib *C.OpusEncoder) { C.opus_encoder_destroy(lib) }, lib)
	if fault = C.configure(lib, C.int(options.Complexity), flag(options.DTX)); fault != C.OPUS_OK {
		return nil, fmt.Errorf("opus: encoder options: %w", libraryError(fault))
	}
	err := e.ExpectLoss(options.Loss)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func flag(on bool) C.int {
	if on {
		return 1
	}
	return 0
}

// SetComplexity sets how much work the packets that follow take, from 0 to 10.
func (e *Encoder) SetComplexity(complexity int) error {
	fault := C.set_complexity(e.lib, C.int(complexity))
	runtime.KeepAlive(e)
	if fault != C.OPUS_OK {
		return fmt.Errorf("opus: complexity %d: %w", complexity, libraryError(fault))
	}
	return nil
}

// complexity gives what SetComplexity set.
func (e *Encoder) complexity() int {
	defer runtime.KeepAlive(e)
	return int(C.complexity_of(e.lib))
}

// ExpectLoss arms the packets that follow against a loss in percent; 0 disarms them, and spares the work. The more is
// lost, the better is the copy of the packet before, at the cost of the packet itself.
//
// While there is nothing to arm against, narrow and wide band are coded by CELT, at a bit rate that makes up for it: it
// takes half the time of SILK. Copies are for SILK to make, which also conceals more of what is lost in a row. The
// library makes the change so that it is not heard (RFC 6716 section 4.5).
func (e *Encoder) ExpectLoss(percent int) error {
	percent = min(max(percent, 0), mostLoss)
	fec := e.fec && percent > 0
	bitrate, signal := e.speech, C.int(C.OPUS_SIGNAL_VOICE)
	switch {
	case e.music == 0:
		signal = C.OPUS_AUTO
	case !fec && percent < gappyLoss:
		bitrate, signal = e.music, C.OPUS_SIGNAL_MUSIC
	}
	fault := C.expect(e.lib, C.int(percent), flag(fec), signal, C.int(bitrate))
	runtime.KeepAlive(e)
	if fault != C.OPUS_OK {
		return fmt.Errorf("opus: expect loss: %w", libraryError(fault))
	}
	return nil
}

// Encode turns one frame of 2.5, 5, 10, 20, 40 or 60 ms into a packet and gives its size, at
// most 1275 bytes for each 20 ms. With DTX a size of 0 says that the packet need not be sent.
func (e *Encoder) Encode(pcm []int16, packet []byte) (int, error) {
	n := C.opus_encode(e.lib, (*C.opus_int16)(unsafe.SliceData(pcm)), C.int(len(pcm)/e.channels),
		(*C.uchar)(unsafe.SliceData(packet)), C.opus_int32(len(packet)))
	runtime.KeepAlive(e)
	if n < 0 {
		return 0, fmt.Errorf("opus: encode: %w", libraryError(n))
	}
	if e.dtx && n <= 2 { // opus_encode: such a packet "does not need to be transmitted"
		return 0, nil
	}
	return int(n), nil
}
