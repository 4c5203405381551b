package dtmf

import "math"

const (
	// blocksPerSecond is how many blocks a Detector cuts a second into: 205 samples at 8 kHz, at
	// which the tones fall well between each other.
	blocksPerSecond = 39
	// minAmplitude is the least amplitude of each tone: about -36 dBm0.
	minAmplitude = 250
	// maxTwist is how much louder one tone may be than the other: 8 dB.
	maxTwist = 2.5
	// minShare is how much of the power must be in the two tones, against speech.
	minShare = 0.7
	// minBlocks is how many blocks in a row must say the same for a key.
	minBlocks = 2
)

// Detector hears keys in sound. It is not safe for concurrent use.
type Detector struct {
	sampleRate int
	report     func(digit byte)

	block []int16 // what waits to be a whole block
	last  byte    // what the last block said, 0 for nothing
	count int     // how many blocks in a row have said it
}

// NewDetector makes a Detector of sound with the given sample rate in Hz. Report is called from Hear, once
// for each key, while it sounds.
func NewDetector(sampleRate int, report func(digit byte)) *Detector {
	return &Detector{sampleRate: sampleRate, report: report, block: make([]int16, 0, sampleRate/blocksPerSecond)}
}

// Hear takes in the next sound.
func (d *Detector) Hear(pcm []int16) {
	for len(pcm) > 0 {
		begun := len(d.block)
		n := copy(d.block[begun:cap(d.block)], pcm)
		d.block, pcm = d.block[:begun+n], pcm[n:]
		if len(d.block) == cap(d.block) {
			d.judge(d.digit())
			d.block = d.block[:0]
		}
	}
}

func (d *Detector) judge(digit byte) {
	if digit != d.last {
		d.last, d.count = digit, 0
	}
	d.count++
	if digit != 0 && d.count == minBlocks {
		d.report(digit)
	}
}

// digit gives the key that the block holds, or 0.
func (d *Detector) digit() byte {
	row, low := d.loudest(lowTones())
	column, high := d.loudest(highTones())
	if low < minAmplitude || high < minAmplitude || low > maxTwist*high || high > maxTwist*low {
		return 0
	}
	if (low*low+high*high)/2 < minShare*power(d.block) {
		return 0
	}
	return keypad[row*4+column]
}

func (d *Detector) loudest(frequencies [4]float64) (index int, amplitude float64) {
	for i, frequency := range frequencies {
		if a := Goertzel(d.block, d.sampleRate, frequency); a > amplitude {
			index, amplitude = i, a
		}
	}
	return index, amplitude
}

// Goertzel gives the amplitude, in the unit of the samples, of the sine of a frequency in Hz that is in a
// piece of sound.
func Goertzel(pcm []int16, sampleRate int, frequency float64) float64 {
	if len(pcm) == 0 {
		return 0
	}
	coefficient := 2 * math.Cos(2*math.Pi*frequency/float64(sampleRate))
	var s1, s2 float64
	for _, sample := range pcm {
		s1, s2 = float64(sample)+coefficient*s1-s2, s1
	}
	square := max(s1*s1+s2*s2-coefficient*s1*s2, 0)
	return 2 * math.Sqrt(square) / float64(len(pcm))
}

// power gives the mean square of sound.
func power(pcm []int16) float64 {
	sum := 0.0
	for _, sample := range pcm {
		sum += float64(sample) * float64(sample)
	}
	return sum / float64(len(pcm))
}
