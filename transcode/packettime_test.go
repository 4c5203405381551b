package transcode

import (
	"fmt"
	"testing"
	"testing/synctest"
)

// TestPacketsOfEveryLength has a tone come in packets of each length that a codec may have, and go out in those of 20
// ms.
func TestPacketsOfEveryLength(t *testing.T) {
	t.Parallel()
	telephone := []int{10, 20, 30, 40, 50, 60}
	tests := map[string]struct {
		from    Format
		lengths []int
	}{
		"PCMU": {pcmu(0), telephone},
		"PCMA": {pcma(8), telephone},
		"G722": {wide722(9), telephone},
		"Opus": {opus48(111, ""), []int{5, 10, 20, 40, 60, 80, 100, 120}},
	}
	for name, test := range tests {
		for _, to := range []Format{pcmu(0), opus48(111, "")} {
			if test.from.Equal(to.Codec) {
				to = pcma(8)
			}
			for _, length := range test.lengths {
				t.Run(fmt.Sprintf("%s of %d ms to %s", name, length, to), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						var out recorder
						pipe := connect(t, []Format{test.from}, to, &out, ConnectOptions{})
						in := newSource(t, test.from, length)
						for range 1200 / length {
							write(t, pipe, in.packet())
						}
						unbroken(t, out.packets, to.PayloadType, to.ClockRate/50)
						if got := len(out.packets); got != 60 {
							t.Errorf("%d packets of 60 came out", got)
						}
						if got := snr(listen(t, to, out.packets)[1600:]); got < 18 {
							t.Errorf("the tone is %.1f dB over the rest", got)
						}
					})
				})
			}
		}
	}
}
