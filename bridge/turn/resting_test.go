package turn

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestRelaysRest: the port of a relay is nobody's for a while after its end.
func TestRelaysRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	conn, at, err := ask(w)
	if err != nil {
		t.Fatal(err)
	}
	if port := addressOf(at); w.resting.has(port) || conn.Close() != nil || !w.resting.has(port) {
		t.Errorf("%v rests before its end, or does not afterwards", port)
	}
	w.quota.ended() // as pion tells
}

func TestResting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ports := newResting()
		first, second := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
		ports.add(first)
		time.Sleep(rest - 1)
		if !ports.has(first) || ports.has(second) {
			t.Errorf("%v", ports.until)
		}
		time.Sleep(time.Nanosecond)
		ports.add(second)
		if ports.has(first) || len(ports.until) != 1 {
			t.Errorf("%v", ports.until)
		}
	})
}
