package tone

import "math"

// Level is the RMS level in dB below full scale; -120 for silence.
func Level(samples []int16) float64 {
	energy := 0.0
	for _, s := range samples {
		energy += float64(s) * float64(s)
	}
	if energy == 0 {
		return -120
	}
	return 10 * math.Log10(energy/float64(len(samples))/(32768*32768))
}

// Share is how much of the samples' energy lies at the frequency: 1 for a pure tone, 0 for silence. It is the
// mean of Goertzel's measure over windows of 40 ms, weighed by their energy, so a tone that jumps in phase (a
// lost packet) is still found. The window makes it 25 Hz wide.
func Share(samples []int16, rate int, hertz float64) float64 {
	window := rate / 25
	var found, total float64
	for start := 0; start+window <= len(samples); start += window {
		part := samples[start : start+window]
		found += goertzel(part, rate, hertz)
		for _, s := range part {
			total += float64(s) * float64(s)
		}
	}
	if total == 0 {
		return 0
	}
	return found / total
}

// goertzel is the energy of the samples at the frequency, on the scale of the sum of their squares.
func goertzel(samples []int16, rate int, hertz float64) float64 {
	coefficient := 2 * math.Cos(2*math.Pi*hertz/float64(rate))
	var last, before float64
	for _, s := range samples {
		last, before = float64(s)+coefficient*last-before, last
	}
	power := last*last + before*before - coefficient*last*before
	return 2 * power / float64(len(samples))
}
