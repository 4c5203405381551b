package tone

import (
	"path/filepath"
	"testing"
)

func TestShareFindsOnlyItsTone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		samples   []int16
		hertz     float64
		low, high float64
	}{
		{"its own", Sine(440, 8000, 1), 440, 0.98, 1.02},
		{"another", Sine(440, 8000, 1), 800, 0, 0.02},
		{"at 48 kHz", Sine(800, 48000, 1), 800, 0.98, 1.02},
		{"silence", make([]int16, 8000), 440, 0, 0},
		{"nothing", nil, 440, 0, 0},
		{"half of the energy", mix(Sine(440, 8000, 1), Sine(800, 8000, 1)), 440, 0.45, 0.55},
	}
	for _, test := range tests {
		rate := 8000
		if len(test.samples) == 48000 {
			rate = 48000
		}
		if got := Share(test.samples, rate, test.hertz); got < test.low || got > test.high {
			t.Errorf("%s: share %.3f, want %.2f to %.2f", test.name, got, test.low, test.high)
		}
	}
}

func mix(a, b []int16) []int16 {
	sum := make([]int16, len(a))
	for i := range a {
		sum[i] = a[i]/2 + b[i]/2
	}
	return sum
}

func TestWAVComesBackAsWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tone.wav")
	want := Sine(440, 48000, 1)
	if err := WriteWAV(path, 48000, want); err != nil {
		t.Fatal(err)
	}
	rate, got, err := ReadWAV(path)
	if err != nil || rate != 48000 || len(got) != len(want) {
		t.Fatalf("rate %d, %d samples, %v", rate, len(got), err)
	}
	if Share(got, rate, 440) < 0.98 {
		t.Error("the tone is lost")
	}
}

func TestG711RoundTrip(t *testing.T) {
	t.Parallel()
	for sample := -32000; sample <= 32000; sample += 7 {
		allowed := max(sample, -sample)/16 + 16
		if got := int(FromMuLaw(MuLaw(int16(sample)))); got-sample > allowed || sample-got > allowed {
			t.Fatalf("µ-law: %d became %d", sample, got)
		}
		if got := int(FromALaw(ALaw(int16(sample)))); got-sample > allowed || sample-got > allowed {
			t.Fatalf("A-law: %d became %d", sample, got)
		}
	}
	// Two points of the tables of ITU-T G.711: zero, and the largest positive value.
	if MuLaw(0) != 0xff || ALaw(0) != 0xd5 || MuLaw(32767) != 0x80 || ALaw(32767) != 0xaa {
		t.Errorf("MuLaw(0)=%#x ALaw(0)=%#x MuLaw(max)=%#x ALaw(max)=%#x", MuLaw(0), ALaw(0), MuLaw(32767), ALaw(32767))
	}
}
