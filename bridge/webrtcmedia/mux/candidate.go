package mux

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/stun/v4"
)

const (
	// maxChecks is how many STUN messages wait for the agent; more are lost, as the network may lose them.
	maxChecks = 16
	// maxAsked is how many of our own checks may be under way.
	maxAsked = 64
	// stunHeader is the size of a STUN header; the transaction's name is its end (RFC 8489 section 5).
	stunHeader = 20
)

// The types of STUN messages that matter here: class and method (RFC 8489 section 5).
const (
	bindingRequest = 0x0001
	bindingSuccess = 0x0101
)

func typeOf(message []byte) uint16 { return binary.BigEndian.Uint16(message) }

// candidate is what an ICE agent sees of our sockets: the connection of one host candidate for all those of a kind (see
// socket.resembles), since each costs the agent a goroutine and a buffer of 8 KiB. It carries STUN only. An answer
// leaves from where the check came to; by which socket a check of ours leaves the ways of the Conn know.
type candidate struct {
	conn    *Conn
	name    string
	at      *socket   // the one that the agent knows it by
	sockets []*socket // all, as ICE prefers them
	checks  chan check
	done    chan struct{} // closed by Close
	once    sync.Once

	mu    sync.Mutex // guards the following fields
	asked []transaction
	read  request // the newest that the agent has read; it answers before it reads on
}

// check is a STUN message that has come.
type check struct {
	at       *socket
	datagram []byte
	from     netip.AddrPort
}

// request is a check of the browser's.
type request struct {
	id        transaction
	at        *socket
	nominates bool
}

func newCandidate(conn *Conn, name string, at *socket, sockets []*socket) *candidate {
	return &candidate{
		conn: conn, name: name, at: at, sockets: sockets,
		checks: make(chan check, maxChecks), done: make(chan struct{}),
	}
}

// take gives the agent a message.
func (c *candidate) take(at *socket, datagram []byte, from netip.AddrPort) {
	select {
	case c.checks <- check{at: at, datagram: slices.Clone(datagram), from: from}:
	default:
	}
}

// ReadFromAddrPort gives the agent's goroutine a message.
func (c *candidate) ReadFromAddrPort(buffer []byte) (int, netip.AddrPort, error) {
	select {
	case <-c.done:
		return 0, netip.AddrPort{}, io.EOF
	case next := <-c.checks:
		c.note(next)
		return copy(buffer, next.datagram), next.from, nil
	}
}

// note takes note of where a message came to, before the agent reads it.
func (c *candidate) note(next check) {
	switch typeOf(next.datagram) { // the multiplexer has read it
	case bindingRequest:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.read = request{
			id: transaction(next.datagram[8:stunHeader]), at: next.at,
			nominates: contains(next.datagram, stun.AttrUseCandidate),
		}
	case bindingSuccess:
		c.conn.reached(c, next.from, next.at)
	}
}

// contains tells whether a message that can be read has an attribute.
func contains(datagram []byte, attribute stun.AttrType) bool {
	message := stun.Message{Raw: datagram}
	return message.Decode() == nil && message.Contains(attribute)
}

// ReadFrom is ReadFromAddrPort.
func (c *candidate) ReadFrom(buffer []byte) (int, net.Addr, error) {
	size, from, err := c.ReadFromAddrPort(buffer)
	if c.at.tcp {
		return size, net.TCPAddrFromAddrPort(from), err
	}
	return size, net.UDPAddrFromAddrPort(from), err
}

// WriteToAddrPort sends a message of the agent's, and learns from it: the answer to our check will come, and an address
// whose check is answered well has proved to be the browser's, for the agent has found its password in there.
func (c *candidate) WriteToAddrPort(datagram []byte, to netip.AddrPort) (int, error) {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if len(datagram) < stunHeader {
		return 0, io.ErrShortWrite
	}
	id := transaction(datagram[8:stunHeader])
	var err error
	switch kind := typeOf(datagram); kind {
	case bindingRequest:
		err = c.ask(id, datagram, to)
	default:
		answered, known := c.answers(id)
		if known && kind == bindingSuccess {
			c.conn.answered(c, answered, to)
		}
		err = answered.at.send(datagram, to)
	}
	if err != nil {
		return 0, err
	}
	return len(datagram), nil
}

// answers gives the check that a message answers; without one, what it would be at the socket that the agent knows.
func (c *candidate) answers(id transaction) (request, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read.at == nil || c.read.id != id {
		return request{at: c.at}, false
	}
	return c.read, true
}

// WriteTo is WriteToAddrPort.
func (c *candidate) WriteTo(datagram []byte, to net.Addr) (int, error) {
	switch address := to.(type) {
	case *net.UDPAddr:
		return c.WriteToAddrPort(datagram, address.AddrPort())
	case *net.TCPAddr:
		return c.WriteToAddrPort(datagram, address.AddrPort())
	default:
		return 0, errors.New("mux: no address of UDP or TCP")
	}
}

// ask sends a check of ours the way to an address, or all ways where none is known to lead there. It fails if all do.
func (c *candidate) ask(id transaction, datagram []byte, to netip.AddrPort) error {
	c.begin(id)
	sockets := c.sockets
	if at := c.conn.wayTo(c, to); at != nil {
		sockets = []*socket{at}
	}
	var errs []error
	for _, at := range sockets {
		if at.leadsTo(to.Addr()) {
			at.ask(id, c.conn)
			errs = append(errs, at.send(datagram, to))
		}
	}
	if slices.Contains(errs, nil) {
		return nil
	}
	return errors.Join(errs...)
}

// begin notes a transaction of ours; the oldest of too many is forgotten.
func (c *candidate) begin(id transaction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.asked) == maxAsked {
		c.forget(c.asked[:1])
		c.asked = slices.Delete(c.asked, 0, 1)
	}
	c.asked = append(c.asked, id)
}

func (c *candidate) forget(transactions []transaction) {
	for _, at := range c.sockets {
		at.forget(transactions)
	}
}

// LocalAddr is that of the socket that the agent knows.
func (c *candidate) LocalAddr() net.Addr {
	if c.at.tcp {
		return net.TCPAddrFromAddrPort(c.at.carrier.LocalAddr())
	}
	return net.UDPAddrFromAddrPort(c.at.carrier.LocalAddr())
}

// SetDeadline does nothing: Close, which the agent calls next, is what ends a read.
func (c *candidate) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (c *candidate) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: writing never waits.
func (c *candidate) SetWriteDeadline(time.Time) error { return nil }

// Close ends the agent's reading. The sockets stay open.
func (c *candidate) Close() error {
	c.once.Do(func() {
		close(c.done)
		c.conn.forgetWays(c)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.forget(c.asked)
	})
	return nil
}
