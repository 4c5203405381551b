// Package pcm is sound as numbers: what files become when they are read, and what is played.
package pcm

import "time"

// Sound is a piece of it, one channel of 16 bits.
type Sound struct {
	// SampleRate is in Hz.
	SampleRate int
	Samples    []int16
}

// Length is how long the sound lasts.
func (s Sound) Length() time.Duration {
	return time.Duration(len(s.Samples)) * time.Second / time.Duration(s.SampleRate)
}
