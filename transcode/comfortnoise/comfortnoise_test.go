package comfortnoise

import (
	"math"
	"testing"
)

func effective(pcm []int16) float64 {
	power := 0.0
	for _, sample := range pcm {
		power += float64(sample) * float64(sample)
	}
	return math.Sqrt(power / float64(len(pcm)))
}

// TestLevels holds that noise is as loud as its description says, whatever its colour.
func TestLevels(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		payload []byte
		want    float64 // effective value
	}{
		"nothing said":     {nil, 0},
		"30 dB":            {[]byte{30}, 1036},
		"50 dB":            {[]byte{50}, 104},
		"70 dB":            {[]byte{70}, 10.4},
		"silence":          {[]byte{127}, 0},
		"the reserved bit": {[]byte{0x80 | 50}, 104},
		"a low hum":        {[]byte{40, 20, 150}, 328},
		"many coefficients": {
			[]byte{40, 100, 150, 127, 130, 120, 127, 140, 127, 127, 127, 127, 127, 0, 255}, 328,
		},
	}
	for name, test := range tests {
		var g Generator
		g.Describe(test.payload)
		g.Describe(nil)
		pcm := make([]int16, 80000)
		g.Fill(pcm)
		if got := effective(pcm); math.Abs(got-test.want) > test.want*0.12+0.6 {
			t.Errorf("%s: an effective value of %.1f, want %.1f", name, got, test.want)
		}
	}
}

// TestColour holds that the first reflection coefficient makes noise low or high.
func TestColour(t *testing.T) {
	t.Parallel()
	changes := func(coefficient byte) float64 {
		var g Generator
		g.Describe([]byte{40, coefficient})
		pcm := make([]int16, 8000)
		g.Fill(pcm)
		count := 0.0
		for i := range pcm[1:] {
			if (pcm[i] < 0) != (pcm[i+1] < 0) {
				count++
			}
		}
		return count / 8000
	}
	if low, white, high := changes(20), changes(127), changes(230); low > 0.3 || math.Abs(white-0.5) > 0.05 || high < 0.7 {
		t.Errorf("sign changes: %.2f of low noise, %.2f of white, %.2f of high", low, white, high)
	}
}

func TestLevel(t *testing.T) {
	t.Parallel()
	for _, level := range []byte{20, 45, 60} {
		var g Generator
		g.Describe([]byte{level})
		pcm := make([]int16, 8000)
		g.Fill(pcm)
		if got := Level(pcm)[0]; got < level-1 || got > level+1 {
			t.Errorf("noise of level %d has level %d", level, got)
		}
	}
	if got := Level(make([]int16, 160))[0]; got != quietest {
		t.Errorf("silence has level %d", got)
	}
	if got := Level(nil)[0]; got != quietest {
		t.Errorf("nothing has level %d", got)
	}
}

// FuzzDescribe holds that no description makes noise that grows without end.
func FuzzDescribe(f *testing.F) {
	f.Add([]byte{40, 20, 150})
	f.Add([]byte{0, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255})
	f.Fuzz(func(t *testing.T, payload []byte) {
		var g Generator
		g.Describe(payload)
		pcm := make([]int16, 1600)
		g.Fill(pcm)
		for _, state := range g.state {
			if math.IsNaN(state) || math.Abs(state) > 1e12 {
				t.Fatalf("the filter is at %g", state)
			}
		}
	})
}
