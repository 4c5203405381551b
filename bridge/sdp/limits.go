package sdp

import (
	"errors"
	"fmt"

	"sipbridge/bridge"
)

// Limits on a description that is read. They hold before anything is parsed or stored.
const (
	// MaxBytes is the largest description in octets; a larger one is refused with 413.
	MaxBytes = 16 << 10
	// MaxLines is the largest number of lines; more are refused with 488.
	MaxLines = 512
	// MaxMedia is the largest number of media sections; more are refused with 488.
	MaxMedia = 8
	// MaxFormats is the largest number of formats in a media section; more are refused with 488.
	MaxFormats = 64
	// MaxExtensions is how many header extensions of a media section are kept; further ones are ignored.
	MaxExtensions = 32
	// MaxCandidates is how many candidates of a media section are kept; further ones are ignored.
	MaxCandidates = 32
	// MaxCrypto is how many keys of a media section are kept; further ones are ignored.
	MaxCrypto = 16
)

// The reasons why a description is refused. Parse wraps each in a bridge.Cause with the SIP status.
var (
	// ErrTooLarge means more octets than MaxBytes.
	ErrTooLarge = errors.New("sdp: description too large")
	// ErrTooMany means more lines, media sections or formats than the limits allow.
	ErrTooMany = errors.New("sdp: too many lines, media sections or formats")
	// ErrMalformed means text that is not a session description.
	ErrMalformed = errors.New("sdp: malformed description")
	// ErrUnprintable means a field with CR, LF, NUL or another value that cannot stand in a description.
	ErrUnprintable = errors.New("sdp: field cannot be printed")
)

func tooLarge(size int) error {
	return bridge.Cause{
		Status: 413, Text: "Session Description Too Large",
		Err: fmt.Errorf("%w: %d octets", ErrTooLarge, size),
	}
}

func tooMany(what string) error {
	return bridge.Cause{Status: 488, Text: "Not Acceptable Here", Err: fmt.Errorf("%w: %s", ErrTooMany, what)}
}

func malformed(what string) error {
	return bridge.Cause{Status: 400, Text: "Bad Session Description", Err: fmt.Errorf("%w: %s", ErrMalformed, what)}
}
