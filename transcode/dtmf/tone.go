package dtmf

import "math"

// overload is the amplitude of the loudest sine that µ-law can code, and overloadLevel its level in dBm0
// (ITU-T G.711 section 4: 3.17 dBm0).
const (
	overload      = 32124
	overloadLevel = 3.17
)

// The levels of the two tones of a key in dBm0; the high one is louder because lines damp it more.
const (
	lowLevel  = -10
	highLevel = -8
)

// Tone is a mixture of sines without end.
type Tone struct {
	sines []sine
	// position is the number of samples made.
	position uint64
}

type sine struct {
	amplitude float64
	// cycles is the frequency in cycles a sample.
	cycles float64
}

// NewTone makes a tone of sines of the given frequencies in Hz, each at the given level in dBm0. 1004 Hz at
// 0 dBm0 is the milliwatt test tone.
func NewTone(sampleRate int, level float64, frequencies ...float64) *Tone {
	t := &Tone{}
	for _, frequency := range frequencies {
		t.sines = append(t.sines, sine{Amplitude(level), frequency / float64(sampleRate)})
	}
	return t
}

// NewKeyTone makes the sound of a key, one of 0-9 * # A-D (ITU-T Q.23).
func NewKeyTone(digit byte, sampleRate int) (*Tone, error) {
	low, high, ok := Frequencies(digit)
	if !ok {
		return nil, ErrNoKey
	}
	rate := float64(sampleRate)
	return &Tone{sines: []sine{
		{Amplitude(lowLevel), low / rate},
		{Amplitude(highLevel), high / rate},
	}}, nil
}

// Read fills pcm with the next samples.
func (t *Tone) Read(pcm []int16) {
	for i := range pcm {
		sum := 0.0
		for _, s := range t.sines {
			_, part := math.Modf(s.cycles * float64(t.position))
			sum += s.amplitude * math.Sin(2*math.Pi*part)
		}
		pcm[i] = int16(math.Round(min(max(sum, math.MinInt16), math.MaxInt16)))
		t.position++
	}
}

// Amplitude gives the peak value in 16-bit samples of a sine of a level in dBm0.
func Amplitude(level float64) float64 {
	return overload * math.Pow(10, (level-overloadLevel)/20)
}

// lowTones and highTones are the rows and columns of the keypad in Hz (ITU-T Q.23).
func lowTones() [4]float64  { return [4]float64{697, 770, 852, 941} }
func highTones() [4]float64 { return [4]float64{1209, 1336, 1477, 1633} }

// keypad is the keys, row by row.
const keypad = "123A456B789C*0#D"

// Frequencies gives the two tones of a key in Hz.
func Frequencies(digit byte) (low, high float64, ok bool) {
	code, ok := Event(digit)
	if !ok {
		return 0, 0, false
	}
	for i := range keypad {
		if keypad[i] == digits[code] {
			return lowTones()[i/4], highTones()[i%4], true
		}
	}
	return 0, 0, false
}
