package wav

import "time"

// Sound is the content of a file, one channel.
type Sound struct {
	// SampleRate is in Hz.
	SampleRate int
	Samples    []int16
}

// Length is how long the sound lasts.
func (s Sound) Length() time.Duration {
	return time.Duration(len(s.Samples)) * time.Second / time.Duration(s.SampleRate)
}
