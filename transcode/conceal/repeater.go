// Package conceal fills holes in sound for the decoders that have no means of their own.
package conceal

const (
	// lowestPitch and highestPitch bound the voice that is looked for, in Hz, as in ITU-T G.711 appendix I.
	lowestPitch, highestPitch = 66, 400
	// fade is the length of the fade-out in milliseconds.
	fade = 60
)

// Repeater is a simple form of ITU-T G.711 appendix I: it goes on with the last pitch period before a hole and
// fades it out within 60 ms. It is not safe for concurrent use.
type Repeater struct {
	// minPitch and maxPitch are the periods looked for, in samples.
	minPitch, maxPitch int
	// stride is the distance of the samples that are compared; more detail finds no better period.
	stride int
	// fadeSize is the length of the fade-out in samples.
	fadeSize int
	// history is the last sound: two of the longest periods.
	history []int16
	// pitch is the period being repeated, 0 while there is no hole.
	pitch int
	// filled counts the samples of the hole so far.
	filled int
}

// NewRepeater makes a Repeater for mono sound of a sample rate in Hz, at least 8000.
func NewRepeater(sampleRate int) *Repeater {
	return &Repeater{
		minPitch: sampleRate / highestPitch,
		maxPitch: sampleRate / lowestPitch,
		stride:   sampleRate / 4000,
		fadeSize: sampleRate * fade / 1000,
		history:  make([]int16, 2*(sampleRate/lowestPitch)),
	}
}

// Heard takes in good sound.
func (r *Repeater) Heard(pcm []int16) {
	r.pitch, r.filled = 0, 0
	if len(pcm) >= len(r.history) {
		copy(r.history, pcm[len(pcm)-len(r.history):])
		return
	}
	copy(r.history, r.history[len(pcm):])
	copy(r.history[len(r.history)-len(pcm):], pcm)
}

// Fill makes sound for a hole; it may be called several times for one.
func (r *Repeater) Fill(pcm []int16) {
	if r.pitch == 0 {
		r.pitch = r.findPitch()
	}
	period := r.history[len(r.history)-r.pitch:]
	for i := range pcm {
		gain := max(r.fadeSize-r.filled, 0)
		pcm[i] = int16(int(period[r.filled%r.pitch]) * gain / r.fadeSize)
		r.filled++
	}
}

// findPitch gives the lag at which the history looks most like itself: the one with the least
// difference for its length.
func (r *Repeater) findPitch() int {
	best, least := r.maxPitch, -1
	recent := r.history[len(r.history)-r.maxPitch:]
	for lag := r.minPitch; lag <= r.maxPitch; lag++ {
		earlier := r.history[len(r.history)-r.maxPitch-lag:]
		difference := 0
		for i := 0; i < r.maxPitch; i += r.stride {
			difference += abs(int(recent[i]) - int(earlier[i]))
		}
		if least < 0 || difference < least {
			best, least = lag, difference
		}
	}
	return best
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
