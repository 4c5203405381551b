//go:build video

package picture

/*
#cgo pkg-config: vpx openh264
#cgo CFLAGS: -O2
#cgo LDFLAGS: -lm
#include "convert.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"sipbridge/transcode/h264/payload"
)

// Available tells whether there are Converters.
const Available = true

// Converter converts one stream. It is not safe for concurrent use, and has to be closed.
type Converter struct {
	state *C.converter
	from  Codec
}

// New makes a Converter. The error is ErrConvert if the options make no sense.
func New(options Options) (*Converter, error) {
	if options.Pixels <= 0 || options.Pixels > MaxPixels {
		options.Pixels = MaxPixels
	}
	sense := min(options.From, options.To) >= VP8 && max(options.From, options.To) == H264
	if !sense || options.Bitrate <= 0 {
		return nil, fmt.Errorf("%w: %+v", ErrConvert, options)
	}
	state := C.converter_new(C.int(options.From), C.int(options.To), C.int(options.Pixels),
		C.int(options.Bitrate), C.int(options.UnitSize))
	if state == nil {
		return nil, fmt.Errorf("%w: no decoder", ErrConvert)
	}
	return &Converter{state: state, from: options.From}, nil
}

// Convert converts a picture, with its timestamp at 90 kHz. Key asks for one that decoding can begin with. The error is
// ErrConvert or ErrTooLarge; the stream can go on with a picture that decoding can begin with.
func (c *Converter) Convert(picture []byte, timestamp uint32, key bool) (Converted, error) {
	if len(picture) == 0 {
		return Converted{}, ErrConvert
	}
	if c.from == H264 && tooLarge(picture) {
		return Converted{}, ErrTooLarge
	}
	forced := C.int(0)
	if key {
		forced = 1
	}
	var out C.converted
	data := (*C.uint8_t)(unsafe.SliceData(picture))
	result := C.converter_convert(c.state, data, C.int(len(picture)), MaxPixels, C.uint32_t(timestamp), forced, &out) //nolint:gocritic,lll // cgo
	switch result {
	case C.CONVERT_OK:
	case C.CONVERT_LARGE:
		return Converted{}, ErrTooLarge
	default:
		return Converted{}, ErrConvert
	}
	made := Converted{Timestamp: uint32(out.timestamp), Key: out.key != 0, Width: int(out.width), Height: int(out.height)}
	if out.size > 0 {
		made.Data = unsafe.Slice((*byte)(unsafe.Pointer(out.data)), int(out.size))
	}
	return made, nil
}

// tooLarge tells whether a picture of H.264 has a parameter set that its decoder may not see: it would take the memory.
func tooLarge(picture []byte) bool {
	large := false
	payload.Split(picture, func(unit []byte) {
		switch payload.TypeOf(unit) {
		case payload.SequenceSet, payload.LayerSet: // the decoder takes the largest layer
			width, height, ok := payload.Size(unit)
			large = large || !ok || width*height > MaxPixels
		}
	})
	return large
}

// SetBitrate changes what is made, in bit/s.
func (c *Converter) SetBitrate(bitrate int) { C.converter_bitrate(c.state, C.int(bitrate)) }

// Close frees the memory.
func (c *Converter) Close() {
	C.converter_free(c.state)
	c.state = nil
}
