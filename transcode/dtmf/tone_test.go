package dtmf

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const rate = 8000

// TestMilliwatt holds that 0 dBm0 has the amplitude that ITU-T G.711 gives to its 1 kHz sequence: the
// peak codes 0x1e and 0x0b alternate, 8031 being the largest value.
func TestMilliwatt(t *testing.T) {
	pcm := make([]int16, rate)
	NewTone(rate, 0, 1004).Read(pcm)
	if got := Goertzel(pcm, rate, 1004); math.Abs(got-22300) > 60 {
		t.Errorf("amplitude %.0f", got)
	}
	if got := Goertzel(pcm, rate, 1500); got > 100 {
		t.Errorf("%.0f at 1500 Hz", got)
	}
}

// TestToneGoesOn holds that pieces fit together.
func TestToneGoesOn(t *testing.T) {
	whole, pieces := make([]int16, 1000), make([]int16, 1000)
	NewTone(rate, -10, 440, 480).Read(whole)
	tone := NewTone(rate, -10, 440, 480)
	for at := 0; at < 1000; at += 125 {
		tone.Read(pieces[at : at+125])
	}
	for i := range whole {
		if whole[i] != pieces[i] {
			t.Fatalf("sample %d is %d, in pieces %d", i, whole[i], pieces[i])
		}
	}
}

func heard(sampleRate int, pcm []int16) string {
	var keys []byte
	d := NewDetector(sampleRate, func(key Key) { keys = append(keys, key.Digit) })
	for at := 0; at < len(pcm); at += 160 {
		d.Hear(pcm[at:min(at+160, len(pcm))])
	}
	d.Hear(make([]int16, sampleRate/10)) // the end of the last one
	return string(keys)
}

// dial makes the sound of keys of 80 ms with pauses of 60 ms.
func dial(t *testing.T, sampleRate int, keys string) []int16 {
	t.Helper()
	var pcm []int16
	for i := range keys {
		tone, err := NewKeyTone(keys[i], sampleRate)
		if err != nil {
			t.Fatal(err)
		}
		key := make([]int16, sampleRate*140/1000)
		tone.Read(key[:sampleRate*80/1000])
		pcm = append(pcm, key...)
	}
	return pcm
}

func TestDetector(t *testing.T) {
	const keys = "0123456789*#ABCD1155"
	for _, sampleRate := range []int{8000, 16000, 48000} {
		if got := heard(sampleRate, dial(t, sampleRate, keys)); got != keys {
			t.Errorf("%d Hz: heard %q", sampleRate, got)
		}
	}
	noisy := dial(t, rate, keys)
	for i := range noisy {
		noisy[i] += int16(rand.IntN(1000) - 500)
	}
	if got := heard(rate, noisy); got != keys {
		t.Errorf("with noise: heard %q", got)
	}
}

// sound makes a key of two tones that are off by some factor, at these levels in dBm0, between silences.
func sound(length time.Duration, factor, low, high float64) []int16 {
	pcm := make([]int16, rate)
	key := pcm[1037 : 1037+int(length*rate/time.Second)]
	NewTone(rate, low, 770*factor).Read(key)
	other := make([]int16, len(key))
	NewTone(rate, high, 1477*factor).Read(other)
	for i := range key {
		key[i] += other[i]
	}
	return pcm
}

// TestDetectorKeepsToQ24: what ITU-T Q.24 wants to be heard is, and what it does not want is not, but for keys of 18 to
// 24 ms.
func TestDetectorKeepsToQ24(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		pcm  []int16
		want string
	}{
		{"40 ms", sound(40*time.Millisecond, 1, -10, -8), "6"},
		{"a second", sound(500*time.Millisecond, 1, -10, -8), "6"},
		{"17 ms", sound(17*time.Millisecond, 1, -10, -8), ""},
		{"1.8 % too high", sound(60*time.Millisecond, 1.018, -10, -8), "6"},
		{"1.8 % too low", sound(60*time.Millisecond, 0.982, -10, -8), "6"},
		{"3.5 % too high", sound(60*time.Millisecond, 1.035, -10, -8), ""},
		{"3.5 % too low", sound(60*time.Millisecond, 0.965, -10, -8), ""},
		{"loud", sound(60*time.Millisecond, 1, -3, -3), "6"},
		{"quiet", sound(60*time.Millisecond, 1, -29, -29), "6"},
		{"too quiet", sound(60*time.Millisecond, 1, -42, -42), ""},
		{"high tone 6 dB louder", sound(60*time.Millisecond, 1, -16, -10), "6"},
		{"low tone 6 dB louder", sound(60*time.Millisecond, 1, -10, -16), "6"},
		{"high tone 15 dB louder", sound(60*time.Millisecond, 1, -25, -10), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for shift := range 103 { // wherever the blocks begin
				if got := heard(rate, test.pcm[shift:]); got != test.want {
					t.Fatalf("shifted by %d it heard %q, want %q", shift, got, test.want)
				}
			}
		})
	}
}

// TestDetectorTellsHowLong: a key is told once, at its end, with its length, though a crackle is in it.
func TestDetectorTellsHowLong(t *testing.T) {
	t.Parallel()
	pcm := sound(300*time.Millisecond, 1, -10, -8)
	clear(pcm[2000:2040])
	var keys []Key
	d := NewDetector(rate, func(key Key) { keys = append(keys, key) })
	for at := 0; at < len(pcm); at += 160 {
		sounding := d.Hear(pcm[at:min(at+160, len(pcm))])
		switch inside := at >= 1200+160 && at < 3200; {
		case inside && !sounding:
			t.Errorf("at %d it hears nothing", at)
		case inside && len(keys) > 0:
			t.Errorf("at %d it told %v", at, keys)
		}
	}
	if len(keys) != 1 || keys[0].Digit != '6' || keys[0].Duration < 270*time.Millisecond ||
		keys[0].Duration > 310*time.Millisecond {
		t.Errorf("it heard %v", keys)
	}
}

func TestDetectorHearsNoKeys(t *testing.T) {
	noise := make([]int16, 5*rate)
	for i := range noise {
		noise[i] = int16(rand.IntN(20000) - 10000)
	}
	single := make([]int16, rate)
	NewTone(rate, -6, 770).Read(single)
	music := make([]int16, rate)
	NewTone(rate, -10, 697, 1209, 350, 440, 1000).Read(music)
	for name, pcm := range map[string][]int16{
		"silence": make([]int16, rate), "noise": noise, "one tone": single, "five tones": music,
	} {
		if got := heard(rate, pcm); got != "" {
			t.Errorf("%s: heard %q", name, got)
		}
	}
}

func TestNoKeyTone(t *testing.T) {
	if _, err := NewKeyTone('x', rate); err == nil {
		t.Error("x has a tone")
	}
}

func BenchmarkTone(b *testing.B) {
	tone, _ := NewKeyTone('5', rate)
	pcm := make([]int16, 160)
	for b.Loop() {
		tone.Read(pcm)
	}
}
