package transcode

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestSilenceThatPasses: what passes through is listened to until anything is to be heard in it, whatever the codec,
// and not any more then.
func TestSilenceThatPasses(t *testing.T) {
	t.Parallel()
	faithful, coarse := everyFormat()
	for _, format := range slices.Concat(faithful, coarse) {
		t.Run(format.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out recorder
				pipe := connect(t, []Format{format}, format, &out, ConnectOptions{})
				in := newSource(t, format, 20)
				in.silent = true
				for range 50 {
					write(t, pipe, in.packet())
				}
				silence := SoundStats{Decoded: time.Second, Silent: time.Second}
				if got := pipe.Stats().Sound; got != silence {
					t.Errorf("of a second of silence: %+v", got)
				}
				in.silent = false
				for range 50 {
					write(t, pipe, in.packet())
				}
				const soon = 100 * time.Millisecond // codecs look ahead
				got := pipe.Stats().Sound
				if said := got.Decoded - got.Silent; said <= 0 || got.Decoded > time.Second+soon {
					t.Errorf("of a second of sound after it: %+v", got)
				}
				if pipe.current.Load().overheard.decoder != nil || out.count() != 100 {
					t.Errorf("it listens on, or %d packets of 100 passed", out.count())
				}
			})
		})
	}
}
