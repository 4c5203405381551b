package conceal

import (
	"math"
	"testing"
)

func sine(n int, frequency float64, sampleRate int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*frequency*float64(i)/float64(sampleRate)))
	}
	return pcm
}

// TestTone holds that a tone goes on through a hole in phase, and has faded out after 60 ms.
func TestTone(t *testing.T) {
	for _, rate := range []int{8000, 16000} {
		frame := rate / 50
		for _, frequency := range []float64{100, 250, 400, 1000} {
			tone := sine(6*frame, frequency, rate)
			repeater := NewRepeater(rate)
			for at := 0; at < 3*frame; at += frame {
				repeater.Heard(tone[at : at+frame])
			}
			hole := make([]int16, 4*frame)
			for at := 0; at < len(hole); at += frame {
				repeater.Fill(hole[at : at+frame])
			}
			for i := range frame / 4 { // while it has hardly faded
				if off := abs(int(hole[i]) - int(tone[3*frame+i])); off > 2400 {
					t.Errorf("%d Hz, %v Hz: sample %d of the hole is %d off", rate, frequency, i, off)
					break
				}
			}
			for i := 3 * frame; i < len(hole); i++ {
				if hole[i] != 0 {
					t.Errorf("%d Hz, %v Hz: sample %d of the hole is still %d", rate, frequency, i, hole[i])
					break
				}
			}
		}
	}
}

func TestNothingHeard(t *testing.T) {
	hole := make([]int16, 160)
	hole[3] = 7
	NewRepeater(8000).Fill(hole)
	if hole[3] != 0 {
		t.Error("a hole before any sound is not silent")
	}
}

// TestLongFrame holds that of sound longer than the history its end is kept.
func TestLongFrame(t *testing.T) {
	whole, cut := NewRepeater(8000), NewRepeater(8000)
	tone := sine(960, 170, 8000)
	whole.Heard(tone)
	for at := 0; at < len(tone); at += 80 {
		cut.Heard(tone[at : at+80])
	}
	for i := range whole.history {
		if whole.history[i] != cut.history[i] {
			t.Fatalf("sample %d differs", i)
		}
	}
}

func BenchmarkFill(b *testing.B) {
	for name, rate := range map[string]int{"8000": 8000, "16000": 16000} {
		b.Run(name, func(b *testing.B) {
			repeater := NewRepeater(rate)
			pcm := make([]int16, rate/50)
			b.ReportAllocs()
			for b.Loop() {
				repeater.pitch = 0
				repeater.Fill(pcm)
			}
		})
	}
}
