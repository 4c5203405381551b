package transcode

import (
	"testing"
	"time"
)

// TestSoundIsJudged writes a second of each sound, in packets of 20 ms at 8 kHz.
func TestSoundIsJudged(t *testing.T) {
	t.Parallel()
	constant := func(value int16) func(int) int16 { return func(int) int16 { return value } }
	tests := map[string]struct {
		sample          func(i int) int16
		clipped, silent time.Duration
	}{
		"nothing":            {constant(0), 0, time.Second},
		"noise nobody hears": {constant(-63), 0, time.Second},
		"faint":              {constant(64), 0, 0},
		"loud":               {constant(-32000), 0, 0},
		"clipped µ-law":      {constant(-32124), time.Second, 0},
		"clipped":            {constant(-32768), time.Second, 0},
		"one loud sample in a packet": {func(i int) int16 {
			if i%160 == 7 {
				return 32767
			}
			return 0
		}, 0, 0},
		"half of it silent": {func(i int) int16 { return int16(i / 4000 * 1000) }, 0, time.Second / 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var counts soundCounts
			for packet := range 50 {
				var pcm [160]int16
				for i := range pcm {
					pcm[i] = test.sample(packet*160 + i)
				}
				counts.hear(pcm[:], 8000)
			}
			counts.conceal(480, 16000)
			want := SoundStats{
				Decoded: time.Second, Concealed: 30 * time.Millisecond, Clipped: test.clipped, Silent: test.silent,
			}
			if got := counts.stats(); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
			if twice := want.Plus(want).Since(want); twice != want {
				t.Errorf("%+v plus and since itself is %+v", want, twice)
			}
		})
	}
}

// BenchmarkSound measures what it costs to judge a packet of 20 ms at 8 kHz.
func BenchmarkSound(b *testing.B) {
	var counts soundCounts
	pcm := make([]int16, 160)
	for b.Loop() {
		counts.hear(pcm, 8000)
	}
}
