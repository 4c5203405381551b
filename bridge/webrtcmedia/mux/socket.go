package mux

import (
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v4"

	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/udp"
)

// transaction names a STUN transaction.
type transaction [stun.TransactionIDSize]byte

// carrier brings packets to where they go: a UDP socket, or the TCP connections at one address.
type carrier interface {
	LocalAddr() netip.AddrPort
	// Send never waits.
	Send(datagram []byte, to netip.AddrPort) error
	// Close ends the carrier. When it has returned no packet is handed over any more.
	Close() error
}

// socket is an address of ours that browsers share.
type socket struct {
	mux     *Mux
	carrier carrier
	tcp     bool // the carrier is of TCP
	relayed bool // the carrier is a relay
	// inside keeps what is sent on loopback. The system would let a socket at 127.0.0.1 reach the machine's other
	// addresses, too, and a browser on this machine answers checks that come that way: so we would choose a path on
	// which Firefox, which never pairs with loopback, sends nothing.
	inside bool

	// message is the STUN message that is read; for the goroutine that reads the UDP socket.
	message stun.Message

	mu       sync.Mutex               // guards the following fields
	bySource map[netip.AddrPort]*Conn // sources that ICE has proved
	asked    map[transaction]*Conn    // our own checks that are under way
}

func newSocket(m *Mux, inside bool) *socket {
	return &socket{
		mux: m, inside: inside,
		bySource: make(map[netip.AddrPort]*Conn), asked: make(map[transaction]*Conn),
	}
}

func (s *socket) open(options Options, address netip.Addr) error {
	opened, err := listen(options, address, s.receive)
	if err != nil {
		return err
	}
	// A smaller buffer only means that bursts are lost sooner.
	_ = opened.SetReadBuffer(readBuffer)
	s.carrier = opened
	return nil
}

// receive takes a packet of the UDP socket.
func (s *socket) receive(datagram []byte, from netip.AddrPort, now time.Time) {
	s.take(&s.message, datagram, from, now)
}

// take takes a packet (RFC 7983 section 7). It uses the message, which is its goroutine's.
func (s *socket) take(message *stun.Message, datagram []byte, from netip.AddrPort, now time.Time) {
	var conn *Conn
	if len(datagram) > 0 && len(datagram) <= udp.MaxDatagram {
		switch first := datagram[0]; {
		case first < 4:
			conn = s.check(message, datagram, from)
		case dtlssrtp.IsDTLS(datagram):
			if conn = s.find(from); conn != nil {
				conn.dtls.Take(datagram)
			}
		case first >= 128 && first < 192:
			if conn = s.find(from); conn != nil {
				conn.media(datagram, now)
			}
		}
	}
	if conn == nil {
		s.mux.dropped.Add(1)
	}
}

// find gives the Conn whose browser is at an address.
func (s *socket) find(from netip.AddrPort) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bySource[from]
}

// check takes a STUN message to the agent that it is for.
func (s *socket) check(message *stun.Message, datagram []byte, from netip.AddrPort) *Conn {
	message.Raw = append(message.Raw[:0], datagram...)
	if message.Decode() != nil {
		return nil
	}
	conn := s.addressee(message, from)
	if conn != nil {
		conn.check(s, datagram, from)
	}
	return conn
}

func (s *socket) addressee(message *stun.Message, from netip.AddrPort) *Conn {
	switch message.Type.Class {
	case stun.ClassRequest:
		// RFC 8445 section 7.2.2: our fragment, a colon, the browser's.
		user, err := message.Get(stun.AttrUsername)
		if err != nil {
			return nil
		}
		return s.mux.named(beforeColon(user))
	case stun.ClassIndication:
		return s.find(from)
	default:
		return s.answered(message.TransactionID)
	}
}

func beforeColon(user []byte) string {
	for i, octet := range user {
		if octet == ':' {
			return string(user[:i])
		}
	}
	return string(user)
}

// ask notes that a Conn began a transaction.
func (s *socket) ask(id transaction, conn *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[id] = conn
}

// answered gives the Conn that began a transaction.
func (s *socket) answered(id transaction) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[id]
}

// admit notes that an address is a browser's, now: an address that NAT gave to another browser is believed to be that
// one's.
func (s *socket) admit(from netip.AddrPort, conn *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bySource[from] = conn
}

// leave forgets an address of a browser's, unless it is another's by now.
func (s *socket) leave(from netip.AddrPort, conn *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bySource[from] == conn {
		delete(s.bySource, from)
	}
}

// gone forgets an address whose connection has ended: the next one from there may be anybody's.
func (s *socket) gone(from netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bySource, from)
}

// forget forgets transactions.
func (s *socket) forget(transactions []transaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range transactions {
		delete(s.asked, id)
	}
}

// send sends a packet. What must stay inside and would not is lost.
func (s *socket) send(datagram []byte, to netip.AddrPort) error {
	if !s.leadsTo(to.Addr()) {
		return nil
	}
	return s.carrier.Send(datagram, to)
}

// leadsTo tells whether packets may leave from here for an address.
func (s *socket) leadsTo(address netip.Addr) bool { return !s.inside || address.IsLoopback() }

// resembles tells whether the agent need not tell two sockets apart: they are of one kind and family. A relay resembles
// no other socket.
func (s *socket) resembles(other *socket) bool {
	if s.relayed || other.relayed {
		return s == other
	}
	return s.tcp == other.tcp && s.carrier.LocalAddr().Addr().Is4() == other.carrier.LocalAddr().Addr().Is4()
}
