package transcode

import (
	"testing"
	"testing/synctest"
)

// TestEffortMayChange lowers the effort of a stream while it runs: the encoder follows, and the tone goes on.
func TestEffortMayChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		effort := NewEffort(10)
		var out recorder
		from, to := pcmu(0), opus48(111, "")
		pipe := connect(t, []Format{from}, to, &out, ConnectOptions{Encoder: EncoderOptions{Complexity: 7, Effort: effort}})
		in := newSource(t, from, 20)
		for _, complexity := range []int{10, 0, 5} {
			effort.SetComplexity(complexity)
			for range 100 {
				write(t, pipe, in.packet())
			}
			if _, arms := pipe.current.Load().transcoder.encoder.(LossExpecter); !arms {
				t.Error("the encoder does not hear of losses")
			}
			follows, ok := pipe.current.Load().transcoder.encoder.(*yielding)
			if !ok || follows.complexity != complexity {
				t.Errorf("the encoder does not follow to %d: %+v", complexity, follows)
			}
		}
		unbroken(t, out.packets, 111, 960)
		if got := snr(listen(t, to, out.packets)[48000:]); got < 20 {
			t.Errorf("the tone is %.1f dB over the rest", got)
		}
	})
}

func TestEffortHasBounds(t *testing.T) {
	t.Parallel()
	for asked, want := range map[int]int{-3: 0, 0: 0, 7: 7, 99: 10} {
		if got := NewEffort(asked).Complexity(); got != want {
			t.Errorf("asked for %d: %d", asked, got)
		}
	}
}
