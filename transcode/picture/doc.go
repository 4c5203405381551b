// Package picture makes pictures of VP8 into H.264 and back, with libvpx and openh264, for parties that have no codec
// in common, and H.264 of any profile that calls have into Constrained Baseline. A Converter decodes one stream and
// encodes another of it: in between a picture stays in C, and is made smaller there where the receiver takes no such
// size.
//
// Both libraries are linked only with the build tag video. Without it there is no Converter, and New says so.
package picture

import "errors"

var (
	// ErrMissing is the error of a program that was built without the libraries.
	ErrMissing = errors.New("picture: built without the tag video")
	// ErrConvert is the error of a picture that cannot be decoded, or not be encoded.
	ErrConvert = errors.New("picture: not convertible")
	// ErrTooLarge is the error of a picture that has more pixels than is allowed.
	ErrTooLarge = errors.New("picture: too large")
)

// Codec is one of the codecs.
type Codec uint8

// The codecs. Pictures of H.264 are in the byte stream format (ITU-T H.264 annex B).
const (
	VP8 Codec = iota + 1
	H264
)

// MaxPixels is the largest picture that is decoded: 1920 by 1088.
const MaxPixels = 1920 * 1088

// Options says what is converted into what.
type Options struct {
	From, To Codec
	// Pixels is the largest picture that is made; larger ones are scaled down. Default: MaxPixels.
	Pixels int
	// Bitrate is what is made, in bit/s. Required.
	Bitrate int
	// UnitSize is the largest NAL unit of H.264 that is made, in bytes, for receivers that take no fragments; 0 sets no
	// limit.
	UnitSize int
}

// Converted is what became of a picture; valid until the next one.
type Converted struct {
	// Data is the picture; empty if the encoder left it out to keep its rate, or it is still held: profiles of H.264 that
	// may have pictures in another order than they are sent come one picture later.
	Data []byte
	// Timestamp is that of the picture of which it was made.
	Timestamp uint32
	// Key tells that decoding can begin with it.
	Key bool
	// Width and Height are its size in pixels.
	Width, Height int
}
