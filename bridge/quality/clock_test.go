package quality

import (
	"testing"
	"time"
)

// TestClock holds that what a party did at one time has one time here, whichever of its reports says so, unless it sets
// its clock.
func TestClock(t *testing.T) {
	t.Parallel()
	const slack = 10 * time.Millisecond
	began := time.Now()
	party := time.Date(1985, 3, 1, 0, 0, 0, 0, time.UTC) // is far behind
	var clock Clock
	if _, ok := clock.Moment(0, began); ok {
		t.Error("no time is one")
	}
	for _, step := range []struct {
		name                 string
		happened, came, want time.Duration
		set                  time.Duration // by how much the party sets its clock before
	}{
		{"first", 0, 80 * time.Millisecond, 80 * time.Millisecond, 0},
		{"faster", time.Second, 1020 * time.Millisecond, 1020 * time.Millisecond, 0},
		{"slower", 2 * time.Second, 2200 * time.Millisecond, 2020 * time.Millisecond, 0},
		{"again", 3 * time.Second, 3020 * time.Millisecond, 3020 * time.Millisecond, 0},
		{"set forth", 4 * time.Second, 4050 * time.Millisecond, 4050 * time.Millisecond, time.Hour},
		{"set back", 5 * time.Second, 5050 * time.Millisecond, 5050 * time.Millisecond, -2 * time.Hour},
		{"since", 6 * time.Second, 6090 * time.Millisecond, 6050 * time.Millisecond, 0},
	} {
		party = party.Add(step.set)
		at, ok := clock.Moment(NTP(party.Add(step.happened)), began.Add(step.came))
		if off := at.Sub(began.Add(step.want)); !ok || max(off, -off) > slack {
			t.Errorf("%s: at %v, want %v", step.name, at.Sub(began), step.want)
		}
	}
	// Drift of 100 ppm over an hour is followed.
	for i := range 720 {
		passed := 10*time.Second + time.Duration(i)*5*time.Second
		at, _ := clock.Moment(NTP(party.Add(passed-passed/10000)), began.Add(passed))
		if off := began.Add(passed).Sub(at); i > 100 && off > 50*time.Millisecond {
			t.Fatalf("after %v it is off by %v", passed, off)
		}
	}
}

// FuzzClock holds that whatever times reports have, also over the end of an era in 2036, what they stand for was never
// after they came, nor long before.
func FuzzClock(f *testing.F) {
	f.Add(uint64(1), ^uint64(0), uint16(0))
	f.Add(uint64(0xffffffff)<<32, uint64(1)<<32, uint16(2000)) // two seconds later
	f.Add(uint64(1)<<63, uint64(1)<<63-1<<32, uint16(1000))
	f.Fuzz(func(t *testing.T, first, second uint64, milliseconds uint16) {
		var clock Clock
		now := time.Now()
		for _, ntp := range []uint64{first, second, first, second} {
			at, ok := clock.Moment(ntp, now)
			if ago := now.Sub(at); ok != (ntp != 0) || ok && (ago < 0 || ago > clockStep) {
				t.Fatalf("%x: %v ago, %v", ntp, ago, ok)
			}
			now = now.Add(time.Duration(milliseconds) * time.Millisecond)
		}
	})
}
