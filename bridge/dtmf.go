package bridge

import "time"

// DTMF is one key press, reported once, at its end.
type DTMF struct {
	// Digit is one of 0-9 * # A-D.
	Digit byte
	// Duration is how long the key was held.
	Duration time.Duration
}
