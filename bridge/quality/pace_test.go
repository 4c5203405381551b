package quality

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestPause holds the mean time between reports to the book. Random numbers of 0.71828 make it the mean itself.
func TestPause(t *testing.T) {
	t.Parallel()
	given := func(bitrate uint64) Share { return Share{Bitrate: bitrate, Given: true} }
	shared := func(senders, receivers uint64) Session {
		return Session{Senders: given(senders), Receivers: given(receivers)}
	}
	for name, test := range map[string]struct {
		session      Session
		sends, hears bool
		size         int // octets of each report
		want         time.Duration
		allowed      bool
	}{
		"telephone sound":       {Session{}, true, true, 100, 5 * time.Second, true},
		"much bandwidth":        {Session{Bitrate: 144_000}, true, true, 100, 2500 * time.Millisecond, true},
		"narrow":                {Session{Bitrate: 8000}, true, true, 222, 10 * time.Second, true},
		"pictures":              {Session{Pictures: true}, true, true, 100, 703125 * time.Microsecond, true},
		"few pictures":          {Session{Pictures: true, Bitrate: 64000}, true, true, 72, time.Second, true},
		"as is said":            {shared(100, 300), true, true, 222, 10 * time.Second, true},
		"beyond belief":         {Session{Bitrate: 1 << 50}, true, true, 100, 1406250 * time.Microsecond, true},
		"a film":                {Session{Bitrate: 1 << 50, Pictures: true}, true, true, 100, 180 * time.Millisecond, true},
		"none":                  {shared(0, 0), true, true, 100, 5 * time.Second, false},
		"none of receivers":     {Session{Receivers: given(0)}, false, true, 100, 5 * time.Second, false},
		"senders only":          {shared(400, 0), true, false, 222, 5 * time.Second, true},
		"a party that listens":  {Session{Bitrate: 8000}, true, false, 222, 10 * time.Second, true},
		"room for who sends":    {shared(300, 100), true, false, 222, 20 * time.Second / 3, true},
		"room for who receives": {shared(300, 100), false, true, 222, 20 * time.Second, true},
		"nobody sends":          {Session{Bitrate: 8000}, false, false, 222, 40 * time.Second / 3, true},
	} {
		var pace Pace
		for range 300 {
			pace.Passed(test.size)
		}
		got, allowed := pace.Pause(test.session, test.sends, test.hears, compensation-0.5)
		if off := got - test.want; off < -time.Millisecond || off > time.Millisecond || allowed != test.allowed {
			t.Errorf("%s: %v, %t; want %v", name, got, allowed, test.want)
		}
		if reports := test.session.Reports(); reports != (name != "none") {
			t.Errorf("%s: reports %t", name, reports)
		}
	}
}

// TestReportsTakeTheirShare plays an hour of two parties in simulated time: their reports take no more than 5 % of a
// narrow session, and do not fall into step.
func TestReportsTakeTheirShare(t *testing.T) {
	t.Parallel()
	const size, hour = 200, time.Hour
	session := Session{Bitrate: 12_000}
	random := rand.New(rand.NewPCG(1, 2))
	octets, seen := 0, map[time.Duration]bool{}
	for range members {
		var pace Pace
		for now := time.Duration(0); now < hour; {
			pace.Passed(size)
			octets += size + headers
			pause, _ := pace.Pause(session, true, true, random.Float64())
			seen[pause.Round(100*time.Millisecond)] = true
			now += pause
		}
	}
	share := float64(octets*8) / hour.Seconds() / float64(session.Bitrate)
	if share < 0.04 || share > 0.0625 || len(seen) < 20 { // the compensation is for groups that grow
		t.Errorf("%.1f %% of the bandwidth, %d different pauses", share*100, len(seen))
	}
}
