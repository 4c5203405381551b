package builtin_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/builtin"
	"sipbridge/transcode"
	"sipbridge/transcode/dtmf"
	"sipbridge/transcode/pcm"
)

// way is one to a caller that takes a while to be made; what is said before is lost.
type way struct {
	*ear

	made  atomic.Bool
	began time.Time // of what was heard
}

func (w *way) Reaches() bool { return w.made.Load() }

func (w *way) WriteRTP(packet *rtp.Packet) error {
	if w.began.IsZero() {
		w.began = time.Now()
	}
	if !w.Reaches() {
		return nil
	}
	return w.ear.WriteRTP(packet)
}

// TestAnnouncementWaitsForTheWay holds that a sound begins when the caller can hear it, and is heard whole; but that
// one whose page never takes it is not kept waiting.
func TestAnnouncementWaitsForTheWay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ made, begins, hears time.Duration }{
		"at once": {0, 0, 900 * time.Millisecond},
		"late":    {2 * time.Second, 2 * time.Second, 900 * time.Millisecond},
		"never":   {time.Hour, 3 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { //nolint:paralleltest // nor can it
				sound := pcm.Sound{SampleRate: 8000, Samples: make([]int16, 4000)}
				dtmf.NewTone(8000, -6, 700).Read(sound.Samples)
				offer, began := bridgetest.Audio(bridgetest.PCMU()), time.Now()
				leg := builtin.Announcement(sound, transcode.EncoderOptions{}).Dial(bridge.Request{Offer: &offer})
				to := &way{ear: newEar(t, bridgetest.PCMU())}
				making := time.AfterFunc(test.made, func() { to.made.Store(true) })
				defer making.Stop()
				leg.Media().Receive(transcode.Audio, to)
				if _, ok := next(t, leg).(bridge.Ringing); !ok {
					t.Fatal("no early media")
				}
				if ended, ok := next(t, leg).(bridge.Ended); !ok || ended.Cause.Status != 200 {
					t.Fatalf("got %+v", ended)
				}
				if late := to.began.Sub(began) - test.begins; late < 0 || late > 100*time.Millisecond {
					t.Errorf("it begins after %v, want %v", to.began.Sub(began), test.begins)
				}
				if heard := time.Duration(len(to.pcm)) * time.Second / 8000; heard != test.hears {
					t.Errorf("%v are heard, want %v", heard, test.hears)
				}
			})
		})
	}
}

// TestCallerLeavesBeforeTheWayIsMade holds that who hangs up ends the waiting.
func TestCallerLeavesBeforeTheWayIsMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		offer, began := bridgetest.Audio(bridgetest.PCMU()), time.Now()
		sound := pcm.Sound{SampleRate: 8000, Samples: make([]int16, 4000)}
		leg := builtin.Announcement(sound, transcode.EncoderOptions{}).Dial(bridge.Request{Offer: &offer})
		next(t, leg)
		leg.Hangup(bridge.Cause{Status: 487, Text: "Request Terminated"})
		if ended, ok := next(t, leg).(bridge.Ended); !ok || ended.Cause.Status != 487 || time.Since(began) > time.Second {
			t.Errorf("got %+v after %v", ended, time.Since(began))
		}
	})
}
