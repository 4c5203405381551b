package dtmf

import (
	"encoding/binary"
	"errors"
	"time"
)

// PayloadSize is the size in bytes of a telephone-event payload (RFC 4733 section 2.3).
const PayloadSize = 4

// ErrShort says that a payload is too short to be a telephone event.
var ErrShort = errors.New("dtmf: telephone-event payload shorter than 4 bytes")

// Key is one key press.
type Key struct {
	// Digit is one of 0-9 * # A-D.
	Digit byte
	// Duration is how long the key was held; 0 where the sender did not say.
	Duration time.Duration
}

// event is a telephone-event payload (RFC 4733 section 2.3).
type event struct {
	code uint8
	// end is the E bit: the event is over.
	end bool
	// volume is the power in -dBm0, 0 to 63.
	volume uint8
	// duration is in units of the timestamp clock.
	duration uint16
}

func parseEvent(payload []byte) (event, error) {
	if len(payload) < PayloadSize {
		return event{}, ErrShort
	}
	return event{
		code:     payload[0],
		end:      payload[1]&0x80 != 0,
		volume:   payload[1] & 0x3f,
		duration: binary.BigEndian.Uint16(payload[2:]),
	}, nil
}

func (e event) marshal() [PayloadSize]byte {
	payload := [PayloadSize]byte{e.code, e.volume & 0x3f}
	if e.end {
		payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(payload[2:], e.duration)
	return payload
}
