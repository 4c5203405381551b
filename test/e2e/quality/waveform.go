package quality

import (
	"fmt"
	"math"
	"math/bits"
	"math/cmplx"
	"slices"
)

// The waveforms of sounds are compared between these frequencies, which all codecs carry, in Hz.
const lowest, highest = 200, 3400

// likeness is how well a waveform came through.
type likeness struct {
	// snr is the loudness of what was said over that of the difference to what was heard, in dB.
	snr float64
	// gap is the longest time in which something was said and nothing heard, in milliseconds.
	gap float64
	// late is how many samples of 8 kHz later it is heard.
	late int
}

const notJudged = "not judged"

func (l likeness) String() string {
	if math.IsNaN(l.snr) {
		return notJudged
	}
	return fmt.Sprintf("%.1f dB, gap %.0f ms", l.snr, l.gap)
}

// liken compares a piece of what was said with all that was heard, both at 8 kHz, wherever in it the piece is found,
// and at whatever loudness.
func liken(said, heard []int16) likeness {
	size := 1 << bits.Len(uint(len(said)+len(heard)))
	source, sink := padded(said, size), padded(heard, size)
	transform(source)
	transform(sink)
	band(source)
	band(sink)
	late := delay(source, sink)
	shift(sink, late)
	inverse(source)
	inverse(sink)
	source, sink = source[:len(said)], sink[:len(said)]
	var both, own, wanted float64
	for i := range source {
		both += real(source[i]) * real(sink[i])
		own += real(sink[i]) * real(sink[i])
		wanted += real(source[i]) * real(source[i])
	}
	found := likeness{snr: math.Inf(-1), late: int(math.Round(late))}
	if own > 0 {
		gain, noise := both/own, 0.0
		for i := range sink {
			sink[i] *= complex(gain, 0)
			difference := real(source[i]) - real(sink[i])
			noise += difference * difference
		}
		found.snr = 10 * math.Log10(wanted/noise)
	}
	found.gap = longestHole(source, sink)
	return found
}

// likenSeconds compares long sound second by second, each wherever it is found near its place, and only those that
// count: the median of what is right, which is not a number if less than a third count, and the longest gap.
func likenSeconds(said, heard []int16, counts func(second int) bool) likeness {
	const piece, around = judgeRate, judgeRate / 2
	size := 1 << bits.Len(uint(len(said)+len(heard)))
	source, sink := padded(said, size), padded(heard, size)
	transform(source)
	transform(sink)
	band(source)
	found := likeness{late: int(math.Round(delay(source, sink)))}
	var right []float64
	for at := 0; at+piece <= len(said); at += piece {
		if !counts(at / piece) {
			continue
		}
		first, last := at+found.late-around, at+found.late+piece+around
		first, last = min(max(first, 0), len(heard)), min(max(last, 0), len(heard))
		got := liken(said[at:at+piece], heard[first:last])
		right, found.gap = append(right, got.snr), max(found.gap, got.gap)
	}
	slices.Sort(right)
	if 3*len(right)*piece < len(said) {
		return likeness{snr: math.NaN()}
	}
	found.snr = right[len(right)/2]
	return found
}

// band takes away what is beyond the frequencies that count.
func band(spectrum []complex128) {
	n := len(spectrum)
	for k := range spectrum {
		if f := min(k, n-k) * judgeRate / n; f < lowest || f > highest {
			spectrum[k] = 0
		}
	}
}

// delay finds how many samples the second sound comes after the first, to a small part of one.
func delay(source, sink []complex128) float64 {
	n := len(source)
	cross := make([]complex128, n)
	for k := range cross {
		cross[k] = sink[k] * cmplx.Conj(source[k])
	}
	at := make([]complex128, n)
	copy(at, cross)
	inverse(at)
	best := 0
	for i := range at {
		if real(at[i]) > real(at[best]) {
			best = i
		}
	}
	correlation := func(lag float64) float64 {
		sum, turn, angle := 0.0, cmplx.Rect(1, 2*math.Pi*lag/float64(n)), complex(1, 0)
		for k := 0; k < n/2; k++ {
			sum += real(cross[k] * angle)
			angle *= turn
		}
		return sum
	}
	if best > n/2 {
		best -= n
	}
	// A quarter, an eighth and so on of a sample to the better side.
	lag := float64(best)
	for step := 0.5; step > 0.01; step /= 2 {
		middle, before, after := correlation(lag), correlation(lag-step), correlation(lag+step)
		switch {
		case before > middle && before > after:
			lag -= step
		case after > middle:
			lag += step
		}
	}
	return lag
}

// shift moves a sound earlier by a number of samples.
func shift(spectrum []complex128, samples float64) {
	n := len(spectrum)
	for k := range spectrum {
		signed := k
		if k > n/2 {
			signed -= n
		}
		spectrum[k] *= cmplx.Rect(1, 2*math.Pi*float64(signed)*samples/float64(n))
	}
}

// longestHole gives the longest time, in milliseconds, in which less than a tenth is heard of what is well said.
func longestHole(said, heard []complex128) float64 {
	const piece, audible = judgeRate / 200, 200 // 5 ms; the effective value of what is well heard
	longest, current := 0, 0
	for at := 0; at+piece <= len(said); at += piece {
		loud, left := effective(said[at:at+piece]), effective(heard[at:at+piece])
		if current++; loud < audible || left > loud/10 {
			current = 0
		}
		longest = max(longest, current)
	}
	return float64(longest * 5)
}

func effective(sound []complex128) float64 {
	sum := 0.0
	for _, value := range sound {
		sum += real(value) * real(value)
	}
	return math.Sqrt(sum / float64(len(sound)))
}
