package quality

import (
	"testing"
	"time"
)

func TestPictures(t *testing.T) {
	t.Parallel()
	const usual = 33 * time.Millisecond
	second := func(p *Pictures, at time.Time, stamp uint32) (time.Time, uint32) {
		for range 30 {
			for part := range uint16(3) {
				p.Packet(packet(7, part, stamp), at)
			}
			at, stamp = at.Add(usual), stamp+3000
		}
		return at, stamp
	}
	tests := map[string]struct {
		pause   time.Duration // after a second of pictures, besides the usual one
		freezes uint64
	}{
		"none": {0, 0}, "a little": {140 * time.Millisecond, 0}, "half a second": {time.Second / 2, 1},
		"five seconds": {5 * time.Second, 1}, "the camera is off": {time.Minute, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p Pictures
			at, stamp := second(&p, time.Now(), 1<<32-9000) // the timestamp rolls over
			at, stamp = second(&p, at.Add(test.pause), stamp)
			p.Packet(packet(7, 1, stamp-30000), at) // late
			p.Packet(packet(8, 1, 5), at)           // another source
			var stats Stats
			p.Into(&stats)
			frozen := time.Duration(test.freezes) * (test.pause + usual)
			if want := (Stats{Frames: 61, Freezes: test.freezes, Frozen: frozen}); stats != want {
				t.Errorf("counted %+v, want %+v", stats, want)
			}
		})
	}
}
