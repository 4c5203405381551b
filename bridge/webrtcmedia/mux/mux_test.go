package mux

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"go.uber.org/goleak"

	"sipbridge/bridge/udp"
)

// patience is how long a test waits for what must come; only a failing test waits that long.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must[Value any](tb testing.TB) func(Value, error) Value {
	tb.Helper()
	return func(value Value, err error) Value {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return value
	}
}

func loopback() netip.Addr { return netip.MustParseAddr("127.0.0.1") }

func open(tb testing.TB, addresses ...netip.Addr) *Mux {
	tb.Helper()
	m := must[*Mux](tb)(Open(Options{Poller: udp.NewPoller(), Addresses: append(addresses, loopback())}))
	tb.Cleanup(func() {
		if err := m.Close(); err != nil {
			tb.Error(err)
		}
	})
	return m
}

// party is a Conn, what its agent sees, and its media.
type party struct {
	*Conn
	agent net.PacketConn
	media chan string
}

func newParty(tb testing.TB, m *Mux, name string) *party {
	tb.Helper()
	p := &party{media: make(chan string, 100)}
	p.Conn = m.NewConn(func(datagram []byte, _ time.Time) { p.media <- string(datagram) })
	p.agent = must[net.PacketConn](tb)(p.GetConn(name, net.UDPAddrFromAddrPort(m.Addresses()[len(m.Addresses())-1])))
	tb.Cleanup(func() {
		if err := p.Close(); err != nil {
			tb.Error(err)
		}
	})
	return p
}

func (p *party) next(t *testing.T) string {
	t.Helper()
	select {
	case got := <-p.media:
		return got
	case <-time.After(patience):
		t.Fatal("no media came")
		return ""
	}
}

// browser is a bare socket.
type browser struct {
	t    *testing.T
	conn *net.UDPConn
	to   netip.AddrPort
}

func newBrowser(t *testing.T, m *Mux) *browser {
	t.Helper()
	conn := must[*net.UDPConn](t)(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	t.Cleanup(func() { _ = conn.Close() })
	addresses := m.Addresses()
	return &browser{t: t, conn: conn, to: addresses[len(addresses)-1]}
}

func (b *browser) address() netip.AddrPort {
	return netip.MustParseAddrPort(b.conn.LocalAddr().String())
}

func (b *browser) send(datagram []byte) {
	b.t.Helper()
	if _, err := b.conn.WriteToUDPAddrPort(datagram, b.to); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) read() []byte {
	b.t.Helper()
	if err := b.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		b.t.Fatal(err)
	}
	buffer := make([]byte, udp.MaxDatagram)
	return buffer[:must[int](b.t)(b.conn.Read(buffer))]
}

func build(t *testing.T, setters ...stun.Setter) *stun.Message {
	t.Helper()
	return must[*stun.Message](t)(stun.Build(setters...))
}

// check has the browser check the path, and the agent answer or not.
func (b *browser) check(p *party, name string, well bool) {
	b.t.Helper()
	request := build(b.t, stun.BindingRequest, stun.TransactionID, stun.NewUsername(name+":browser"))
	b.send(request.Raw)
	buffer := make([]byte, udp.MaxDatagram)
	size, from, err := p.agent.ReadFrom(buffer)
	if err != nil || string(buffer[:size]) != string(request.Raw) || from.String() != b.address().String() {
		b.t.Fatalf("the agent got %d octets from %v: %v", size, from, err)
	}
	kind := stun.BindingSuccess
	if !well {
		kind = stun.BindingError
	}
	answer := build(b.t, kind, stun.NewTransactionIDSetter(request.TransactionID))
	if _, err := p.agent.WriteTo(answer.Raw, from); err != nil {
		b.t.Fatal(err)
	}
	if string(b.read()) != string(answer.Raw) {
		b.t.Fatal("the browser got something else than the answer")
	}
}

// settled waits until the mux has dropped so many packets, and so has seen all that came before.
func settled(t *testing.T, m *Mux, dropped uint64) {
	t.Helper()
	for deadline := time.Now().Add(patience); m.Dropped() < dropped; {
		if time.Now().After(deadline) {
			t.Fatalf("%d packets were dropped, want %d", m.Dropped(), dropped)
		}
		time.Sleep(time.Millisecond) // polls the condition
	}
}

func media(text string) []byte { return append([]byte{0x80, 0}, text...) }

// TestMediaNeedACheck holds whose media are believed.
func TestMediaNeedACheck(t *testing.T) {
	t.Parallel()
	m := open(t)
	p, b := newParty(t, m, "ours"), newBrowser(t, m)
	b.send(media("before"))
	settled(t, m, 1)
	b.check(p, "ours", false) // the agent refused it
	b.send(media("refused"))
	settled(t, m, 2)
	// We may check an address, because a description named it; that proves nothing.
	request := build(t, stun.BindingRequest, stun.TransactionID)
	if _, err := p.agent.WriteTo(request.Raw, net.UDPAddrFromAddrPort(b.address())); err != nil {
		t.Fatal(err)
	}
	b.read()
	b.send(media("asked"))
	settled(t, m, 3)
	b.check(p, "ours", true)
	b.send(media("proved"))
	if got := p.next(t); got != string(media("proved")) {
		t.Errorf("got %q", got)
	}
	stranger := newBrowser(t, m)
	stranger.send(media("stranger"))
	settled(t, m, 4)
}

// TestAddressChangesHands has an address prove to be another browser's, as after a NAT gave it away.
func TestAddressChangesHands(t *testing.T) {
	t.Parallel()
	m := open(t)
	first, second, b := newParty(t, m, "first"), newParty(t, m, "second"), newBrowser(t, m)
	b.check(first, "first", true)
	b.send(media("one"))
	first.next(t)
	b.check(second, "second", true)
	b.send(media("two"))
	second.next(t)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	b.send(media("three"))
	second.next(t)
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	b.send(media("four"))
	settled(t, m, 1)
}

// TestResponses come to whoever asked, wherever from.
func TestResponses(t *testing.T) {
	t.Parallel()
	m := open(t)
	first, second, b := newParty(t, m, "first"), newParty(t, m, "second"), newBrowser(t, m)
	for _, p := range []*party{first, second} {
		request := build(t, stun.BindingRequest, stun.TransactionID)
		if _, err := p.agent.WriteTo(request.Raw, net.UDPAddrFromAddrPort(b.address())); err != nil {
			t.Fatal(err)
		}
		b.read()
		answer := build(t, stun.BindingSuccess, stun.NewTransactionIDSetter(request.TransactionID))
		b.send(answer.Raw)
		buffer := make([]byte, udp.MaxDatagram)
		if size, _, err := p.agent.ReadFrom(buffer); err != nil || string(buffer[:size]) != string(answer.Raw) {
			t.Fatalf("got %d octets: %v", size, err)
		}
	}
	b.send(build(t, stun.BindingSuccess, stun.TransactionID).Raw) // to a check that nobody made
	settled(t, m, 1)
}

// TestTransactionsAreBounded checks often and hears nothing.
func TestTransactionsAreBounded(t *testing.T) {
	t.Parallel()
	m := open(t)
	p, b := newParty(t, m, "ours"), newBrowser(t, m)
	for range 3 * maxAsked {
		request := build(t, stun.BindingRequest, stun.TransactionID)
		if _, err := p.agent.WriteTo(request.Raw, net.UDPAddrFromAddrPort(b.address())); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(m.sockets[0].asked); got != maxAsked {
		t.Errorf("%d transactions are remembered", got)
	}
	for port := range uint16(3 * maxSources) {
		p.Choose(m.Addresses()[0], netip.AddrPortFrom(loopback(), 40000+port), false)
	}
	if got := len(m.sockets[0].bySource); got != maxSources {
		t.Errorf("%d sources are remembered", got)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if s := m.sockets[0]; len(s.asked)+len(s.bySource) != 0 {
		t.Errorf("left behind: %v %v", s.asked, s.bySource)
	}
}

// TestKinds sends one packet of each first octet from a browser that is known.
func TestKinds(t *testing.T) {
	t.Parallel()
	m := open(t)
	p, b := newParty(t, m, "ours"), newBrowser(t, m)
	b.check(p, "ours", true)
	wantDropped, wantMedia, wantDTLS := uint64(0), 0, 0
	for first := range 256 {
		b.send([]byte{byte(first), 0, 0, 0})
		switch {
		case first >= 20 && first < 64:
			wantDTLS++
			buffer := make([]byte, 10)
			if size, err := p.DTLS().Read(buffer); err != nil || size != 4 || buffer[0] != byte(first) {
				t.Fatalf("%d: %v %v", first, buffer[:size], err)
			}
		case first >= 128 && first < 192:
			wantMedia++
			if got := p.next(t); got[0] != byte(first) {
				t.Fatalf("%d came as %d", first, got[0])
			}
		default:
			wantDropped++
		}
	}
	b.send(nil)
	b.send([]byte(strings.Repeat("\x80", udp.MaxDatagram+1)))
	settled(t, m, wantDropped+2)
	if wantMedia != 64 || wantDTLS != 44 || len(p.media) != 0 || m.Dropped() != wantDropped+2 {
		t.Errorf("%d media, %d DTLS, %d dropped", wantMedia, wantDTLS, m.Dropped())
	}
}
