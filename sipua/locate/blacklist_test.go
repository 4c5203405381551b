package locate

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"sipbridge/sipua/locate/dnstest"
	"sipbridge/sipua/transport"
)

func target(number int) transport.Target {
	address := netip.AddrFrom4([4]byte{192, 0, byte(number >> 8), byte(number)})
	return transport.Target{Transport: "UDP", Address: netip.AddrPortFrom(address, 5060)}
}

func newBlacklist(options BlacklistOptions) (*Blacklist, *dnstest.Clock) {
	clock := dnstest.NewClock()
	options.Now = clock.Now
	return NewBlacklist(options), clock
}

func TestFailedTargetComesLastForAWhile(t *testing.T) {
	b, clock := newBlacklist(BlacklistOptions{Avoid: 30 * time.Second})
	all := []transport.Target{target(1), target(2), target(3)}
	if !b.Failed(target(1)) {
		t.Error("it is no news")
	}
	if b.Failed(target(1)) {
		t.Error("it is news twice")
	}
	if got := words(b.Sort(all), ""); got != "UDP 192.0.0.2:5060, UDP 192.0.0.3:5060, UDP 192.0.0.1:5060" {
		t.Errorf("order %s", got)
	}
	other := target(1)
	other.Transport = "TCP"
	if b.Has(other) || b.Size() != 1 {
		t.Error("another transport is avoided, too")
	}
	clock.Advance(31 * time.Second)
	if b.Has(target(1)) || b.Size() != 0 {
		t.Error("still avoided after its time")
	}
	if !b.Failed(target(1)) {
		t.Error("failing again is no news")
	}
}

func TestBusyTargetIsLeftAloneAsLongAsItAsked(t *testing.T) {
	b, clock := newBlacklist(BlacklistOptions{})
	b.Busy(target(1), 2*time.Minute)
	b.Probed(target(1), true)
	b.Probed(target(1), true)
	if !b.Has(target(1)) {
		t.Error("its probes call it back")
	}
	clock.Advance(2*time.Minute + time.Second)
	if b.Has(target(1)) {
		t.Error("still avoided")
	}
	b.Busy(target(1), 1000*time.Hour)
	clock.Advance(maxBusy + time.Second)
	if b.Has(target(1)) {
		t.Error("more than an hour was believed")
	}
	b.Busy(target(2), -time.Second)
	if b.Has(target(2)) {
		t.Error("a negative time counts")
	}
}

// TestProbes is fault F08: down after failures in a row, or one failed call; back after two good ones.
func TestProbes(t *testing.T) {
	const good, bad, call = 'g', 'b', 'c'
	for steps, want := range map[string]string{
		"ggg": "up", "bb": "up", "bbb": "down", "bbgbb": "up", "bbbg": "down", "bbbgg": "up",
		"bbbgbg": "down", "bbbgbgg": "up",
		"gc": "down", "gcg": "down", "gcgg": "up", "cgg": "up", "cg": "down", "bbbgcg": "down",
	} {
		b, clock := newBlacklist(BlacklistOptions{Failures: 3, Successes: 2})
		down := false
		for _, step := range steps {
			if step == call {
				down = b.Failed(target(1)) || down
				continue
			}
			if b.Probed(target(1), step == good) {
				down = !down
			}
		}
		clock.Advance(24 * time.Hour) // only probes call it back
		got := "up"
		if b.Has(target(1)) {
			got = "down"
		}
		if got != want || down != (want == "down") {
			t.Errorf("%s: %s, changes say down is %v; want %s", steps, got, down, want)
		}
	}
}

func TestTargetsThatAreNoLongerProbedAreForgotten(t *testing.T) {
	b, _ := newBlacklist(BlacklistOptions{Failures: 1})
	b.Probed(target(1), false)
	b.Probed(target(2), false)
	b.Failed(target(3))
	b.Unprobed([]transport.Target{target(2)})
	if b.Has(target(1)) || !b.Has(target(2)) || !b.Has(target(3)) {
		t.Error("the wrong ones are forgotten")
	}
}

func TestBlacklistIsBounded(t *testing.T) {
	b, _ := newBlacklist(BlacklistOptions{Failures: 1})
	b.Probed(target(1<<16-1), false)
	for number := range 2 * maxBlacklist {
		b.Failed(target(number))
	}
	if size := b.Size(); size > maxBlacklist || !b.Has(target(1<<16-1)) {
		t.Errorf("%d targets, or a probed one is gone", size)
	}
	if got := fmt.Sprint(len(b.Sort(nil))); got != "0" {
		t.Error("something of nothing")
	}
}
