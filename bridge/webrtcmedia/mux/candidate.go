package mux

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// maxChecks is how many STUN messages wait for the agent; more are lost, as the network may lose them.
	maxChecks = 16
	// maxAsked is how many of our own checks may be under way at an address.
	maxAsked = 64
	// stunHeader is the size of a STUN header; the transaction's name is its end (RFC 8489 section 5).
	stunHeader = 20
)

// candidate is what an ICE agent sees of a socket: the connection of one of its host candidates. It carries STUN only.
type candidate struct {
	conn   *Conn
	socket *socket
	checks chan check
	done   chan struct{} // closed by Close
	once   sync.Once

	mu    sync.Mutex // guards asked
	asked []transaction
}

// check is a STUN message that has come.
type check struct {
	datagram []byte
	from     netip.AddrPort
}

func newCandidate(conn *Conn, at *socket) *candidate {
	return &candidate{conn: conn, socket: at, checks: make(chan check, maxChecks), done: make(chan struct{})}
}

// take gives the agent a message.
func (c *candidate) take(datagram []byte, from netip.AddrPort) {
	select {
	case c.checks <- check{datagram: slices.Clone(datagram), from: from}:
	default:
	}
}

// ReadFromAddrPort gives the agent's goroutine a message.
func (c *candidate) ReadFromAddrPort(buffer []byte) (int, netip.AddrPort, error) {
	select {
	case <-c.done:
		return 0, netip.AddrPort{}, io.EOF
	case next := <-c.checks:
		return copy(buffer, next.datagram), next.from, nil
	}
}

// ReadFrom is ReadFromAddrPort.
func (c *candidate) ReadFrom(buffer []byte) (int, net.Addr, error) {
	size, from, err := c.ReadFromAddrPort(buffer)
	if c.socket.tcp {
		return size, net.TCPAddrFromAddrPort(from), err
	}
	return size, net.UDPAddrFromAddrPort(from), err
}

// WriteToAddrPort sends a message of the agent's, and learns from it: the answer to our check will come, and an address
// whose check is answered well has proved to be the browser's, for the agent has found its password in there.
func (c *candidate) WriteToAddrPort(datagram []byte, to netip.AddrPort) (int, error) {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if len(datagram) >= stunHeader {
		switch [2]byte(datagram) { // RFC 8489 section 5: class and method, here Binding
		case [2]byte{0, 1}:
			c.ask(transaction(datagram[8:stunHeader]))
		case [2]byte{1, 1}:
			c.conn.admit(c.socket, to)
		}
	}
	if err := c.socket.send(datagram, to); err != nil {
		return 0, err
	}
	return len(datagram), nil
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

// ask notes a check of ours; the oldest of too many is forgotten.
func (c *candidate) ask(id transaction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var old transaction
	if len(c.asked) == maxAsked {
		old = c.asked[0]
		c.asked = slices.Delete(c.asked, 0, 1)
	}
	c.asked = append(c.asked, id)
	c.socket.ask(id, old, c.conn)
}

// LocalAddr is the socket's.
func (c *candidate) LocalAddr() net.Addr {
	if c.socket.tcp {
		return net.TCPAddrFromAddrPort(c.socket.carrier.LocalAddr())
	}
	return net.UDPAddrFromAddrPort(c.socket.carrier.LocalAddr())
}

// SetDeadline does nothing: Close, which the agent calls next, is what ends a read.
func (c *candidate) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (c *candidate) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: writing never waits.
func (c *candidate) SetWriteDeadline(time.Time) error { return nil }

// Close ends the agent's reading. The socket stays open.
func (c *candidate) Close() error {
	c.once.Do(func() {
		close(c.done)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.socket.forget(c.asked)
	})
	return nil
}
