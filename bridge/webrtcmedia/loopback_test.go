package webrtcmedia

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sipbridge/bridge"
)

func TestLoopbackStaysInside(t *testing.T) {
	t.Parallel()
	listen := func() *net.UDPConn {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		must(t, err)
		t.Cleanup(func() { must(t, conn.Close()) })
		return conn
	}
	near, far := loopbackConn{listen()}, listen()
	// The system itself would refuse this packet with an error.
	if n, err := near.WriteTo([]byte("lost"), &net.UDPAddr{IP: net.IPv4(192, 0, 2, 77), Port: 9}); n != 4 || err != nil {
		t.Errorf("outside: %d, %v", n, err)
	}
	if _, err := near.WriteTo([]byte("x"), &net.TCPAddr{}); err == nil {
		t.Error("a TCP address was taken")
	}
	_, err := near.WriteTo([]byte("passed"), far.LocalAddr())
	must(t, err)
	must(t, far.SetReadDeadline(time.Now().Add(patience)))
	buffer := make([]byte, 10)
	n, from, err := loopbackConn{far}.ReadFromAddrPort(buffer)
	must(t, err)
	if string(buffer[:n]) != "passed" || from.String() != near.LocalAddr().String() {
		t.Errorf("read %q from %v", buffer[:n], from)
	}
}

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
	pair, err := session.peer.Load().sender.Transport().ICETransport().GetSelectedCandidatePair()
	must(t, err)
	local, remote := netip.MustParseAddr(pair.Local.Address), netip.MustParseAddr(pair.Remote.Address)
	if local.IsLoopback() && !remote.IsLoopback() {
		t.Errorf("from %v to %v", local, remote)
	}
}
