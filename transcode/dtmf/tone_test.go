package dtmf

import (
	"math"
	"math/rand/v2"
	"testing"
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
	d := NewDetector(sampleRate, func(digit byte) { keys = append(keys, digit) })
	for at := 0; at < len(pcm); at += 160 {
		d.Hear(pcm[at:min(at+160, len(pcm))])
	}
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
