package resample

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

func sine(n int, frequency float64, rate int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*frequency*float64(i)/float64(rate)))
	}
	return pcm
}

// purity gives the amplitude of a sine of a frequency, and in dB how far it is over the rest.
func purity(pcm []int16, frequency float64, rate int) (amplitude, over float64) {
	var re, im, total float64
	for i, sample := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * frequency * float64(i) / float64(rate))
		re += float64(sample) * cos
		im += float64(sample) * sin
		total += float64(sample) * float64(sample)
	}
	tone := 2 * (re*re + im*im) / float64(len(pcm))
	return math.Sqrt(2 * tone / float64(len(pcm))), 10 * math.Log10(tone/max(total-tone, 1e-9))
}

func make1(t *testing.T, from, to int) *Resampler {
	t.Helper()
	r, err := New(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run resamples sound in frames of 20 ms.
func run(t *testing.T, r *Resampler, pcm []int16) []int16 {
	t.Helper()
	var heard []int16
	frame := r.from / 50
	out := make([]int16, r.Room(frame))
	for at := 0; at+frame <= len(pcm); at += frame {
		n, err := r.Resample(pcm[at:at+frame], out)
		if err != nil {
			t.Fatal(err)
		}
		if n != r.to/50 {
			t.Fatalf("%d samples of %d", n, r.to/50)
		}
		heard = append(heard, out[:n]...)
	}
	return heard
}

func rates() [][2]int {
	return [][2]int{
		{8000, 16000},
		{16000, 8000},
		{8000, 32000},
		{32000, 8000},
		{16000, 32000},
		{32000, 16000},
		{32000, 48000},
		{48000, 32000},
	}
}

// TestTone holds that a tone stays itself, and that 20 ms in are 20 ms out, at once.
func TestTone(t *testing.T) {
	for _, rates := range rates() {
		t.Run(fmt.Sprint(rates), func(t *testing.T) {
			r := make1(t, rates[0], rates[1])
			for _, frequency := range []float64{200, 1000, 3100} {
				r.Reset()
				heard := run(t, r, sine(rates[0], frequency, rates[0]))
				amplitude, over := purity(heard[len(heard)/5:], frequency, rates[1])
				if over < 50 || math.Abs(amplitude-8000) > 400 {
					t.Errorf("%.0f Hz: amplitude %.0f, %.1f dB over the rest", frequency, amplitude, over)
				}
			}
			if limit := rates[1] / 200; r.Delay() > limit {
				t.Errorf("a delay of %d samples at %d Hz", r.Delay(), rates[1])
			}
		})
	}
}

// TestAliases holds that what the lower rate cannot carry is gone, and not heard as another tone.
func TestAliases(t *testing.T) {
	for _, rates := range [][2]int{{16000, 8000}, {32000, 8000}, {32000, 16000}} {
		r := make1(t, rates[0], rates[1])
		frequency := float64(rates[1]) * 0.6
		heard := run(t, r, sine(rates[0], frequency, rates[0]))
		amplitude, _ := purity(heard[len(heard)/5:], float64(rates[1])*0.4, rates[1])
		if amplitude > 30 {
			t.Errorf("%v: %.0f Hz comes out with amplitude %.0f", rates, frequency, amplitude)
		}
	}
}

func TestReset(t *testing.T) {
	r := make1(t, 16000, 8000)
	run(t, r, sine(16000, 1000, 16000))
	r.Reset()
	for i, sample := range run(t, r, make([]int16, 1600)) {
		if sample != 0 {
			t.Fatalf("sample %d after the reset is %d", i, sample)
		}
	}
}

func TestBadArguments(t *testing.T) {
	for _, rates := range [][2]int{{0, 8000}, {8000, 0}, {-1, 8000}} {
		if _, err := New(rates[0], rates[1]); err == nil {
			t.Errorf("%v was made", rates)
		}
	}
	r := make1(t, 8000, 16000)
	if _, err := r.Resample(make([]int16, 160), make([]int16, 320)); !errors.Is(err, ErrRoom) {
		t.Errorf("no room: %v", err)
	}
	if n, err := r.Resample(nil, nil); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
}

func TestAllocations(t *testing.T) {
	r := make1(t, 16000, 8000)
	in, out := make([]int16, 320), make([]int16, 161)
	if n := testing.AllocsPerRun(50, func() { _, _ = r.Resample(in, out) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkResample(b *testing.B) {
	for _, rates := range rates() {
		b.Run(fmt.Sprint(rates), func(b *testing.B) {
			r, err := New(rates[0], rates[1])
			if err != nil {
				b.Fatal(err)
			}
			in := make([]int16, rates[0]/50)
			out := make([]int16, r.Room(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Resample(in, out)
			}
		})
	}
}
