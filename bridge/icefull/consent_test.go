package icefull_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

// TestConsent holds that a path in use is checked as long as the peer answers, that its silence is told in time, and
// that nothing is sent to it any more once it has been silent too long, whoever controls.
func TestConsent(t *testing.T) {
	t.Parallel()
	for name, controlling := range map[string]bool{"controlling": true, "controlled": false} {
		a, b := newSide("192.0.2.1", controlling), newSide("192.0.2.2", !controlling)
		silent := false
		n := &network{
			t: t, sides: []*side{a, b}, now: time.Unix(1_700_000_000, 0),
			lose: func(from *side, _ netip.AddrPort) bool { return from == b && silent },
		}
		a.Begin(b.peer(2))
		b.Begin(a.peer(2))
		n.run(time.Second)
		before := a.sent
		n.run(2 * time.Minute)
		if count := a.sent - before; count < 2*2*20 || count > 2*2*31 { // checks, and answers to the other's
			t.Errorf("%s: %d messages in two minutes", name, count)
		}
		if a.Fails() || b.Fails() || len(a.Revoked()) > 0 {
			t.Errorf("%s: a path that lives is given up", name)
		}
		silent = true
		n.run(5 * time.Second)
		if a.Fails() {
			t.Errorf("%s: given up too soon", name)
		}
		n.run(15 * time.Second)
		if !a.Fails() || a.Fails() {
			t.Errorf("%s: its silence is not told, or twice", name)
		}
		if list := a.Revoked(); list != nil {
			t.Errorf("%s: consent has ended too soon: %v", name, list)
		}
		n.run(15 * time.Second)
		if list := slices.Sorted(slices.Values(a.Revoked())); !slices.Equal(list, []int{1, 2}) || a.Revoked() != nil {
			t.Errorf("%s: revoked: %v", name, list)
		}
		a.Heard(b.at(1), n.now) // too late
		n.sides, silent = []*side{a}, false
		before = a.sent
		n.run(time.Minute)
		if a.sent != before {
			t.Errorf("%s: sent again: %d", name, a.sent-before)
		}
		n.sides = []*side{a, b} // with the same credentials nothing begins again
		n.run(time.Minute)
		if a.Revoked() != nil || a.Fails() || len(a.media) != 2 {
			t.Errorf("%s: it came back", name)
		}
	}
}

// TestMediaAreConsent holds that a peer that answers no check any more, but sends media, goes on being sent some.
func TestMediaAreConsent(t *testing.T) {
	t.Parallel()
	a, b := newSide("192.0.2.1", true), newSide("192.0.2.2", false)
	done := false
	n := &network{
		t: t, sides: []*side{a, b}, now: time.Unix(1_700_000_000, 0),
		lose: func(from *side, _ netip.AddrPort) bool { return from == b && done },
	}
	a.Begin(b.peer(2))
	b.Begin(a.peer(2))
	a.Heard(b.at(1), n.now)
	n.run(time.Second)
	done = true
	for range 60 {
		n.run(time.Second)
		a.Heard(b.at(1), n.now)
	}
	if a.Fails() || a.Revoked() != nil {
		t.Error("a path on which media come is given up")
	}
	n.run(35 * time.Second)
	if !a.Fails() || len(a.Revoked()) != 2 {
		t.Error("a path on which nothing comes any more is kept")
	}
}
