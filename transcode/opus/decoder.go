package opus

/*
#cgo pkg-config: opus
#cgo noescape opus_decode
#cgo nocallback opus_decode
#include <opus.h>
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// Decoder decodes one stream. It is not safe for concurrent use. Its memory is freed some time after it
// is no longer used.
type Decoder struct {
	lib        *C.OpusDecoder
	sampleRate int
}

// NewDecoder makes a decoder whose output has the given sample rate in Hz. A stereo stream is mixed to mono.
func NewDecoder(sampleRate int) (*Decoder, error) {
	fault := C.int(0)
	lib := C.opus_decoder_create(C.opus_int32(sampleRate), 1, &fault)
	if lib == nil {
		return nil, fmt.Errorf("opus: decoder at %d Hz: %w", sampleRate, libraryError(fault))
	}
	d := &Decoder{lib: lib, sampleRate: sampleRate}
	runtime.AddCleanup(d, func(lib *C.OpusDecoder) { C.opus_decoder_destroy(lib) }, lib)
	return d, nil
}

// Decode turns a packet into sound and gives the number of samples. Pcm must have room for 120 ms.
func (d *Decoder) Decode(packet []byte, pcm []int16) (int, error) {
	samples, err := Samples(packet)
	if err != nil {
		return 0, err
	}
	if len(pcm) < samples*d.sampleRate/ClockRate {
		return 0, fmt.Errorf("opus: no room for %d samples", samples*d.sampleRate/ClockRate)
	}
	n := d.decode(packet, pcm, 0)
	if n < 0 {
		return 0, fmt.Errorf("opus: decode: %w", libraryError(n))
	}
	return n, nil
}

// Conceal fills pcm with what may have stood in a hole, and gives how much it filled: a multiple of
// 2.5 ms. Next is the packet that follows the hole, or nil; its forward error correction, if it has
// any, restores the end of the hole (RFC 6716 section 2.1.7).
func (d *Decoder) Conceal(next []byte, pcm []int16) (int, error) {
	unit := d.sampleRate / 400
	n := min(len(pcm), MaxSamples*d.sampleRate/ClockRate) / unit * unit
	if n == 0 {
		return 0, nil
	}
	_, malformed := Samples(next)
	if malformed != nil {
		next = nil
	}
	if n = d.decode(next, pcm[:n], 1); n < 0 {
		return 0, fmt.Errorf("opus: conceal: %w", libraryError(n))
	}
	return n, nil
}

// decode fills pcm at most, and gives the number of samples or an error of the library.
func (d *Decoder) decode(packet []byte, pcm []int16, fec C.int) int {
	if len(packet) == 0 {
		packet, fec = nil, 0 // which makes the library guess
	}
	n := C.opus_decode(d.lib, (*C.uchar)(unsafe.SliceData(packet)), C.opus_int32(len(packet)),
		(*C.opus_int16)(unsafe.SliceData(pcm)), C.int(len(pcm)), fec)
	runtime.KeepAlive(d)
	return int(n)
}
