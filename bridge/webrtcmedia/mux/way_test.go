package mux

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"sipbridge/bridge/udp"
)

// crossing is a browser before a party with two addresses, which its agent does not tell apart.
type crossing struct {
	*party

	t       *testing.T
	ours    [2]netip.AddrPort
	browser *net.UDPConn
}

func newCrossing(t *testing.T) *crossing {
	t.Helper()
	m := open(t, netip.MustParseAddr("127.0.0.2"))
	c := &crossing{party: newParty(t, m, "ours"), t: t, ours: [2]netip.AddrPort(m.Addresses())}
	c.browser = must[*net.UDPConn](t)(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	t.Cleanup(func() { _ = c.browser.Close() })
	must[int](t)(0, c.browser.SetDeadline(time.Now().Add(patience)))
	return c
}

func (c *crossing) address() netip.AddrPort {
	return netip.MustParseAddrPort(c.browser.LocalAddr().String())
}

// send has the browser send to one of our addresses.
func (c *crossing) send(to int, datagram []byte) {
	c.t.Helper()
	must[int](c.t)(c.browser.WriteToUDPAddrPort(datagram, c.ours[to]))
}

// hears has the browser read something, which has to come from one of our addresses.
func (c *crossing) hears(from int, want string) {
	c.t.Helper()
	buffer := make([]byte, udp.MaxDatagram)
	size, source, err := c.browser.ReadFromUDPAddrPort(buffer)
	if err != nil || source != c.ours[from] || string(buffer[:size]) != want {
		c.t.Fatalf("%d octets from %v, want %d from %v: %v", size, source, len(want), c.ours[from], err)
	}
}

// agentReads has the agent read a message.
func (c *crossing) agentReads(want *stun.Message) {
	c.t.Helper()
	buffer := make([]byte, udp.MaxDatagram)
	if size, _, err := c.agent.ReadFrom(buffer); err != nil || string(buffer[:size]) != string(want.Raw) {
		c.t.Fatalf("the agent got %d octets: %v", size, err)
	}
}

// agentWrites has it write one to the browser.
func (c *crossing) agentWrites(message *stun.Message) {
	c.t.Helper()
	must[int](c.t)(c.agent.WriteTo(message.Raw, net.UDPAddrFromAddrPort(c.address())))
}

// checked has the browser check one of our addresses, and the agent answer from there.
func (c *crossing) checked(to int, attributes ...stun.Setter) {
	c.t.Helper()
	request := build(c.t, append([]stun.Setter{
		stun.BindingRequest, stun.TransactionID, stun.NewUsername("ours:browser"),
	}, attributes...)...)
	c.send(to, request.Raw)
	c.agentReads(request)
	answer := build(c.t, stun.BindingSuccess, stun.NewTransactionIDSetter(request.TransactionID))
	c.agentWrites(answer)
	c.hears(to, string(answer.Raw))
}

// asks has the agent check the browser, which hears it from these addresses of ours.
func (c *crossing) asks(from ...int) *stun.Message {
	c.t.Helper()
	request := build(c.t, stun.BindingRequest, stun.TransactionID)
	c.agentWrites(request)
	for _, ours := range from {
		c.hears(ours, string(request.Raw))
	}
	return request
}

// answers has the browser answer to one of our addresses.
func (c *crossing) answers(to int, request *stun.Message) {
	c.t.Helper()
	answer := build(c.t, stun.BindingSuccess, stun.NewTransactionIDSetter(request.TransactionID))
	c.send(to, answer.Raw)
	c.agentReads(answer)
}

// talks sends media, which leave from one of our addresses.
func (c *crossing) talks(from int) {
	c.t.Helper()
	if err := c.Send([]byte("media")); err != nil {
		c.t.Fatal(err)
	}
	c.hears(from, "media")
}

// TestWayOfChecks holds from which address checks of ours leave: from all until one is answered, then from that one,
// and from all again when it is answered no more.
func TestWayOfChecks(t *testing.T) {
	t.Parallel()
	c := newCrossing(t)
	first := c.asks(0, 1)
	c.answers(1, first)
	c.send(0, build(t, stun.BindingSuccess, stun.NewTransactionIDSetter(first.TransactionID)).Raw) // the other answer
	c.agentReads(build(t, stun.BindingSuccess, stun.NewTransactionIDSetter(first.TransactionID)))
	c.answers(1, c.asks(1))
	c.Choose(c.ours[0], c.address(), false)
	c.talks(1)
	for range tolerated {
		c.asks(1)
	}
	c.answers(0, c.asks(0, 1))
	c.talks(0)
	c.answers(0, c.asks(0))
}

// TestWayOfTheBrowser holds that answers leave from where the check came to, and media from where the browser wants.
func TestWayOfTheBrowser(t *testing.T) {
	t.Parallel()
	c := newCrossing(t)
	c.checked(1)
	c.checked(0)
	c.asks(1) // by the first way that was heard
	c.Choose(c.ours[0], c.address(), false)
	c.talks(1)
	c.checked(0, useCandidate{})
	c.talks(0)
	c.checked(1)
	c.talks(0)
	for _, ours := range []int{0, 1} { // both are proved to be the browser's
		c.send(ours, media("sound"))
		c.next(t)
	}
}

// TestWayOfAnErrorProvesNothing has the agent refuse a check that nominates.
func TestWayOfAnErrorProvesNothing(t *testing.T) {
	t.Parallel()
	c := newCrossing(t)
	c.checked(0)
	c.Choose(c.ours[0], c.address(), false)
	request := build(t, stun.BindingRequest, stun.TransactionID, stun.NewUsername("ours:browser"), useCandidate{})
	c.send(1, request.Raw)
	c.agentReads(request)
	refusal := build(t, stun.BindingError, stun.NewTransactionIDSetter(request.TransactionID))
	c.agentWrites(refusal)
	c.hears(1, string(refusal.Raw))
	c.talks(0)
	c.send(1, media("refused"))
	settled(t, c.mux, 1)
}

// useCandidate nominates (RFC 8445 section 7.1.2).
type useCandidate struct{}

func (useCandidate) AddTo(m *stun.Message) error {
	m.Add(stun.AttrUseCandidate, nil)
	return nil
}

// TestOneCandidateForSeveral holds what the agent is told.
func TestOneCandidateForSeveral(t *testing.T) {
	t.Parallel()
	addresses := []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.IPv6Loopback()}
	m := open(t, addresses...) // and at 127.0.0.1
	c := m.NewConn(func([]byte, time.Time) {})
	told := c.GetListenAddresses()
	if len(told) != 2 || told[0].String() != m.Addresses()[0].String() || told[1].String() != m.Addresses()[1].String() {
		t.Errorf("told %v of %v", told, m.Addresses())
	}
	for _, address := range told {
		must[net.PacketConn](t)(c.GetConn("ours", address))
	}
	if got := len(c.candidates); got != 3 {
		t.Errorf("%d of 3 sockets have a candidate", got)
	}
	known := m.Addresses()[0]
	for port := range uint16(2 * maxSources) {
		to := netip.AddrPortFrom(loopback(), 40000+port)
		c.answered(c.candidates[m.sockets[0]], request{at: m.at(known, false)}, to)
	}
	if got := len(c.ways); got != maxSources {
		t.Errorf("%d ways are remembered", got)
	}
	if err := c.Close(); err != nil || len(c.ways) != 0 {
		t.Errorf("%d ways are left: %v", len(c.ways), err)
	}
}
