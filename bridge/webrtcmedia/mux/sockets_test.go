package mux

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"sipbridge/bridge/udp"
)

func TestSending(t *testing.T) {
	t.Parallel()
	m := open(t)
	p, b := newParty(t, m, "ours"), newBrowser(t, m)
	if err := p.Send([]byte("too early")); err != nil {
		t.Fatal(err)
	}
	p.Choose(netip.MustParseAddrPort("192.0.2.9:1"), b.address(), false) // no socket of ours
	if err := p.Send([]byte("from nowhere")); err != nil {
		t.Fatal(err)
	}
	p.Choose(m.Addresses()[0], b.address(), false)
	if err := p.Send([]byte("media")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.DTLS().Write([]byte("dtls")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"media", "dtls"} {
		if got := string(b.read()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	b.send(media("believed"))
	p.next(t)
}

// TestLoopbackStaysInside holds that a socket at loopback, beside others, sends to loopback only.
func TestLoopbackStaysInside(t *testing.T) {
	t.Parallel()
	m := open(t, netip.MustParseAddr("::1"))
	inside := newSocket(m, true)
	inside.carrier = m.sockets[1].carrier
	// The system itself would refuse this packet with an error.
	if err := inside.send([]byte("lost"), netip.MustParseAddrPort("192.0.2.77:9")); err != nil {
		t.Errorf("outside: %v", err)
	}
	b := newBrowser(t, m)
	if err := inside.send([]byte("passed"), b.address()); err != nil || string(b.read()) != "passed" {
		t.Errorf("inside: %v", err)
	}
	if !hasOutside([]netip.Addr{loopback(), netip.MustParseAddr("192.0.2.2")}) || hasOutside([]netip.Addr{loopback()}) {
		t.Error("what is outside is not known")
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	options := Options{
		Poller: udp.NewPoller(), Addresses: []netip.Addr{loopback()}, FirstPort: 18600, LastPort: 18602,
	}
	seen := make(map[uint16]bool)
	for range 3 {
		m := must[*Mux](t)(Open(options))
		defer func() {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}()
		seen[m.Addresses()[0].Port()] = true
	}
	if len(seen) != 3 || !seen[18600] || !seen[18601] || !seen[18602] {
		t.Errorf("ports %v", seen)
	}
	if _, err := Open(options); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a fourth of three: %v", err)
	}
}

// TestReusedPort: a browser whose call has ended sends on to a port that another call has got since. Nothing of it is
// heard there, which is why these ports need no rest.
func TestReusedPort(t *testing.T) {
	t.Parallel()
	options := Options{
		Poller: udp.NewPoller(), Addresses: []netip.Addr{loopback()}, FirstPort: 18606, LastPort: 18606,
	}
	first := must[*Mux](t)(Open(options))
	before, b := newParty(t, first, "before"), newBrowser(t, first)
	b.check(before, "before", true)
	b.send(media("heard"))
	before.next(t)
	must[struct{}](t)(struct{}{}, before.Close())
	must[struct{}](t)(struct{}{}, first.Close())

	second := must[*Mux](t)(Open(options))
	defer func() { must[struct{}](t)(struct{}{}, second.Close()) }()
	p := newParty(t, second, "after")
	other := newBrowser(t, second)
	other.check(p, "after", true)
	stale := [][]byte{
		media("stale"), {22, 254, 253, 0}, // DTLS
		build(t, stun.BindingRequest, stun.TransactionID, stun.NewUsername("before:browser")).Raw,
	}
	for _, each := range stale {
		b.send(each)
	}
	settled(t, second, uint64(len(stale)))
	other.send(media("own"))
	if got := p.next(t); got != string(media("own")) || p.dtls.Waiting() != 0 {
		t.Errorf("heard %q, and %d packets of DTLS", got, p.dtls.Waiting())
	}
	must[struct{}](t)(struct{}{}, p.Close())
}

func TestClosed(t *testing.T) {
	t.Parallel()
	m := open(t)
	p, b := newParty(t, m, "ours"), newBrowser(t, m)
	b.check(p, "ours", true)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.agent.ReadFrom(nil); !errors.Is(err, io.EOF) {
		t.Errorf("the agent reads on: %v", err)
	}
	if _, err := p.DTLS().Read(nil); !errors.Is(err, io.EOF) {
		t.Errorf("DTLS reads on: %v", err)
	}
	if _, err := p.GetConn("again", net.UDPAddrFromAddrPort(m.Addresses()[0])); !errors.Is(err, ErrClosed) {
		t.Errorf("another candidate: %v", err)
	}
	p.RemoveConnByUfrag("ours") // as the agent does
	b.send(build(t, stun.BindingRequest, stun.TransactionID, stun.NewUsername("ours:browser")).Raw)
	b.send(media("late"))
	settled(t, m, 2)
}

func TestMediaPathAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	m := open(t)
	count := 0
	c := m.NewConn(func([]byte, time.Time) { count++ })
	from, datagram, now := netip.MustParseAddrPort("127.0.0.1:4000"), media("sound"), time.Now()
	c.Choose(m.Addresses()[0], from, false)
	if got := testing.AllocsPerRun(1000, func() {
		m.sockets[0].receive(datagram, from, now)
		_ = c.Send(datagram)
	}); got != 0 || count != 1001 {
		t.Errorf("%v allocations a packet, %d came", got, count)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// FuzzReceive takes anything from anywhere. Nothing may come to a browser that is not there.
func FuzzReceive(f *testing.F) {
	id := []byte{0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	f.Add(slices.Concat([]byte{0, 1, 0, 8}, id, []byte{0, 6, 0, 4}, []byte("ours")))
	f.Add(slices.Concat([]byte{1, 1, 0, 0}, id))
	f.Add([]byte{22, 254, 253})
	f.Add(media("sound"))
	m := open(f)
	p := newParty(f, m, "ours")
	s := m.sockets[0]
	known, stranger := netip.AddrPortFrom(loopback(), 4000), netip.AddrPortFrom(loopback(), 4001)
	s.admit(known, p.Conn)
	f.Fuzz(func(t *testing.T, datagram []byte) {
		datagram = datagram[:min(len(datagram), udp.MaxDatagram)]
		s.receive(datagram, stranger, time.Now())
		if len(p.media) != 0 || p.dtls.Waiting() != 0 {
			t.Fatal("a stranger was believed")
		}
		s.receive(datagram, known, time.Now())
		heard := len(p.media) + p.dtls.Waiting()
		if heard > 1 || heard == 1 && (len(datagram) == 0 || datagram[0] < 20) {
			t.Fatalf("%d became %d", datagram[0], heard)
		}
		for len(p.media) > 0 {
			<-p.media
		}
		for p.dtls.Waiting() > 0 {
			_, _ = p.DTLS().Read(make([]byte, udp.MaxDatagram))
		}
	})
}
