package builtin

import (
	"time"

	"sipbridge/transcode/pcm"
	"sipbridge/transcode/resample"
)

// lead is the silence before a sound, once the way to the party is made: by then a phone has read the 183 that sound
// may overtake, a browser has the keys, too, and both play.
const lead = 400 * time.Millisecond

// recorded is a sound with an end. It belongs to one goroutine.
type recorded struct {
	left []int16
	// resampler is nil where the sound has the rate that is asked for; then all is one piece. Made is its last output.
	resampler *resample.Resampler
	piece     int
	made      []int16
	// waiting are samples that are still to be read; silence is how many come before them.
	waiting []int16
	silence int
}

// newRecorded reads a sound at a rate in Hz. The error is that of the resampler.
func newRecorded(sound pcm.Sound, rate int) (*recorded, error) {
	r := &recorded{left: sound.Samples, piece: len(sound.Samples), silence: int(lead * time.Duration(rate) / time.Second)}
	if sound.SampleRate == rate {
		return r, nil
	}
	var err error
	if r.resampler, err = resample.New(sound.SampleRate, rate); err != nil {
		return nil, err
	}
	r.piece = int(perFrame(uint32(sound.SampleRate)))
	r.made = make([]int16, r.resampler.Room(r.piece))
	return r, nil
}

// Read gives the next samples, and silence after the last.
func (r *recorded) Read(pcm []int16) {
	clear(pcm)
	quiet := min(r.silence, len(pcm))
	r.silence, pcm = r.silence-quiet, pcm[quiet:]
	for len(pcm) > 0 && !r.finished() {
		if len(r.waiting) == 0 {
			r.refill()
		}
		n := copy(pcm, r.waiting)
		pcm, r.waiting = pcm[n:], r.waiting[n:]
	}
}

// refill takes the next piece of the sound.
func (r *recorded) refill() {
	piece := r.left[:min(len(r.left), r.piece)]
	r.left = r.left[len(piece):]
	if r.resampler == nil {
		r.waiting = piece
		return
	}
	if n, err := r.resampler.Resample(piece, r.made); err == nil { // it refuses what there is no room for, and there is
		r.waiting = r.made[:n]
	}
}

// finished tells that all was read.
func (r *recorded) finished() bool { return len(r.left) == 0 && len(r.waiting) == 0 }
