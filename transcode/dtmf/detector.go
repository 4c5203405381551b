package dtmf

import (
	"math"
	"time"
)

const (
	// blocksPerSecond is how many blocks a Detector cuts a second into: 102 samples at 8 kHz, at which the tones fall
	// well between each other, and of which the shortest key (ITU-T Q.24: 40 ms) fills two.
	blocksPerSecond = 78
	// minAmplitude is the least amplitude of each tone: about -36 dBm0.
	minAmplitude = 250
	// maxTwist is how much louder one tone may be than the other: 8 dB.
	maxTwist = 2.5
	// minLead is how much louder a tone must be than the others of its group, against speech: 6 dB.
	minLead = 2
	// minShare is how much of the power must be in the two tones, against speech.
	minShare = 0.7
	// minBlocks is how many blocks in a row must say the same for a key, endBlocks how many must say something else for
	// its end, so that a crackle in a key does not make two of it.
	minBlocks, endBlocks = 2, 2
)

// Detector hears keys in sound. It is not safe for concurrent use.
type Detector struct {
	sampleRate int
	report     func(Key)

	block []int16 // what waits to be a whole block
	last  byte    // what the last block said, 0 for nothing
	count int     // how many blocks in a row have said it

	key    byte // the key that sounds, 0 for none
	blocks int  // how long it has
	other  int  // how many blocks in a row did not say it
}

// NewDetector makes a Detector of sound with the given sample rate in Hz. Report is called from Hear, once for each
// key, at its end.
func NewDetector(sampleRate int, report func(Key)) *Detector {
	return &Detector{sampleRate: sampleRate, report: report, block: make([]int16, 0, sampleRate/blocksPerSecond)}
}

// Hear takes in the next sound, and tells whether a key may sound in it. One that has begun within the last few
// milliseconds may be noticed only in the sound that follows.
func (d *Detector) Hear(pcm []int16) (sounding bool) {
	sounding = d.key != 0
	for len(pcm) > 0 {
		begun := len(d.block)
		n := copy(d.block[begun:cap(d.block)], pcm)
		d.block, pcm = d.block[:begun+n], pcm[n:]
		if len(d.block) == cap(d.block) {
			digit := d.digit()
			sounding = sounding || digit != 0
			d.judge(digit)
			d.block = d.block[:0]
		}
	}
	return sounding
}

// judge takes what the last block said.
func (d *Detector) judge(digit byte) {
	if digit != d.last {
		d.last, d.count = digit, 0
	}
	d.count++
	begins := digit != 0 && digit != d.key && d.count == minBlocks
	if d.key != 0 {
		d.blocks, d.other = d.blocks+1, d.other+1
		if digit == d.key {
			d.other = 0
		}
		if d.other == endBlocks || begins || d.length() >= MaxDuration {
			d.end()
		}
	}
	if begins {
		d.key, d.blocks, d.other = digit, minBlocks, 0
	}
}

// end tells the key that sounded.
func (d *Detector) end() {
	d.blocks -= d.other
	key := Key{Digit: d.key, Duration: d.length()}
	d.key, d.blocks, d.other = 0, 0, 0
	d.report(key)
}

func (d *Detector) length() time.Duration {
	return time.Duration(d.blocks*cap(d.block)) * time.Second / time.Duration(d.sampleRate)
}

// digit gives the key that the block holds, or 0.
func (d *Detector) digit() byte {
	row, low, ok := d.loudest(lowTones())
	if !ok {
		return 0
	}
	column, high, ok := d.loudest(highTones())
	if !ok || low > maxTwist*high || high > maxTwist*low {
		return 0
	}
	if (low*low+high*high)/2 < minShare*power(d.block) {
		return 0
	}
	return keypad[row*4+column]
}

// loudest gives the tone of a group that stands out in the block.
func (d *Detector) loudest(frequencies [4]float64) (index int, amplitude float64, ok bool) {
	second := 0.0
	for i, frequency := range frequencies {
		switch a := Goertzel(d.block, d.sampleRate, frequency); {
		case a > amplitude:
			index, amplitude, second = i, a, amplitude
		case a > second:
			second = a
		}
	}
	return index, amplitude, amplitude >= minAmplitude && amplitude >= minLead*second
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
