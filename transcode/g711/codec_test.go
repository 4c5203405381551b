package g711

import (
	"errors"
	"testing"
)

func TestRoom(t *testing.T) {
	if _, err := (Encoder{MuLaw}).Encode(make([]int16, 160), make([]byte, 159)); !errors.Is(err, ErrRoom) {
		t.Errorf("encode: %v", err)
	}
	if _, err := NewDecoder(MuLaw).Decode(make([]byte, 160), make([]int16, 159)); !errors.Is(err, ErrRoom) {
		t.Errorf("decode: %v", err)
	}
}

// TestConceal holds that a tone goes on through a hole in phase, and has faded out after 60 ms.
func TestConceal(t *testing.T) {
	for _, frequency := range []float64{100, 250, 400, 1000} {
		tone := sine(960, frequency, 8000)
		codes := make([]byte, 480)
		MuLaw.Encode(tone[:480], codes)
		decoder := NewDecoder(MuLaw)
		heard := make([]int16, 480)
		for at := 0; at < 480; at += 160 {
			if _, err := decoder.Decode(codes[at:at+160], heard[at:]); err != nil {
				t.Fatal(err)
			}
		}
		hole := make([]int16, 640)
		for at := 0; at < 640; at += 160 {
			if n, err := decoder.Conceal(nil, hole[at:at+160]); n != 160 || err != nil {
				t.Fatalf("concealed %d: %v", n, err)
			}
		}
		for i := range 40 { // while it has hardly faded
			if off := abs(int(hole[i]) - int(tone[480+i])); off > 2400 {
				t.Errorf("%v Hz: sample %d of the hole is %d off", frequency, i, off)
				break
			}
		}
		for i := fadeSize; i < len(hole); i++ {
			if hole[i] != 0 {
				t.Errorf("%v Hz: sample %d of the hole is still %d", frequency, i, hole[i])
				break
			}
		}
	}
}

func TestConcealNothing(t *testing.T) {
	hole := make([]int16, 160)
	hole[3] = 7
	if _, err := NewDecoder(MuLaw).Conceal(nil, hole); err != nil {
		t.Fatal(err)
	}
	if hole[3] != 0 {
		t.Error("a hole before any sound is not silent")
	}
}

func BenchmarkConceal(b *testing.B) {
	decoder := NewDecoder(MuLaw)
	pcm := make([]int16, 160)
	for b.Loop() {
		decoder.past.pitch = 0
		_, _ = decoder.Conceal(nil, pcm)
	}
}
