package mix

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestPacketsOfEveryLength lets one speak in packets of other lengths; the others hear it without holes.
func TestPacketsOfEveryLength(t *testing.T) {
	t.Parallel()
	for _, frames := range []int{1, 2, 3, 4, 5, 6, 12} {
		t.Run(fmt.Sprint(time.Duration(frames)*frameTime), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := &Mixer{}
				one, other := join(t, m, 440), join(t, m, 700)
				one.packet.Payload = make([]byte, frames*rate/50)
				const ticks = 360
				spoken, next := 0, 0
				for i := range ticks {
					if i == next {
						one.speak()
						spoken++
						next = spoken*frames - spoken%min(frames, 2) // every other long one comes early
					}
					m.frame()
					time.Sleep(frameTime)
				}
				if holes := ticks - len(other.heard)/(rate/50); holes > 2*frames {
					t.Errorf("%d of %d frames are not heard", holes, ticks)
				}
				other.hears(one, other)
			})
		})
	}
}
