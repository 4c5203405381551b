package webrtcmedia

import (
	"net/netip"
	"slices"
	"testing"

	"sipbridge/bridge"
)

func TestAddressOrder(t *testing.T) {
	t.Parallel()
	parse := netip.MustParseAddr
	all := []netip.Addr{parse("127.0.0.1"), parse("::1"), parse("fd00::2"), parse("192.0.2.2")}
	want := []netip.Addr{parse("192.0.2.2"), parse("fd00::2"), parse("127.0.0.1"), parse("::1")}
	if got := loopbackLast(all); !slices.Equal(got, want) {
		t.Errorf("ordered %v", got)
	}
	if got := outside(all); !slices.Equal(got, all[2:]) {
		t.Errorf("outside %v", got)
	}
	if got := outside(all[:2]); !slices.Equal(got, all[:2]) {
		t.Errorf("outside %v", got)
	}
}

// TestCalledBrowserIsNotReachedByLoopback calls a browser on this machine that names no candidate, as Firefox does, and
// looks at the path that we choose.
func TestCalledBrowserIsNotReachedByLoopback(t *testing.T) {
	t.Parallel()
	engine, err := New(EngineOptions{})
	must(t, err)
	t.Cleanup(func() { must(t, engine.Close()) })
	session, l := newSession(t, engine, Options{})
	b := newBrowser(t, browserCodecs())
	offer, err := session.Offer(proposal(bridge.SendRecv))
	must(t, err)
	_, err = session.SetAnswer([]byte(without(b.answer(offer), "a=candidate")))
	must(t, err)
	bothWays(t, session, l, b, 111, 960)
	pair, err := session.peer.Load().agent.GetSelectedCandidatePair()
	must(t, err)
	local, remote := addressOf(pair.Local).Addr(), addressOf(pair.Remote).Addr()
	if local.IsLoopback() && !remote.IsLoopback() {
		t.Errorf("from %v to %v", local, remote)
	}
}
