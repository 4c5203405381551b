// Package avcodec decodes sound that we have no other decoder for, with FFmpeg's libavcodec: AAC and Nellymoser, which
// only Flash and encoders of streams send, and iLBC.
//
// Debian builds that library under the GPL, so the program does without it unless it is built with the tag libavcodec.
// Without it there is no decoder, and New says so.
package avcodec

import "errors"

// ErrMissing is the error of a program that was built without libavcodec.
var ErrMissing = errors.New("avcodec: built without libavcodec")

// ErrDecode is the error of sound that cannot be decoded.
var ErrDecode = errors.New("avcodec: not decodable")

// Codec is one of the codecs that can be decoded.
type Codec uint8

// The codecs.
const (
	AAC Codec = iota + 1
	Nellymoser
	ILBC
)

// Options says what is to be decoded.
type Options struct {
	Codec Codec
	// SampleRate of Nellymoser and iLBC in Hz. AAC says its own.
	SampleRate int
	// FrameSize is that of iLBC in bytes, which says its mode.
	FrameSize int
	// Config is the AudioSpecificConfig of AAC (ISO/IEC 14496-3 section 1.6.2.1).
	Config []byte
}
