package dtlssrtp

import (
	"net"
	"time"

	"github.com/pion/transport/v4/packetio"
)

const (
	// maxWaiting is how many DTLS packets may wait to be read, and maxOctets how long they may be together. A handshake
	// has six flights of a few packets each.
	maxWaiting = 32
	maxOctets  = 64 << 10
)

// Conn is a net.PacketConn for DTLS with one peer, whose packets come among others at a socket that its user reads.
type Conn struct {
	send    func(datagram []byte) error
	waiting *packetio.Buffer
}

// NewConn makes one whose packets are sent by send, which finds out itself where the peer is. It must be closed, which
// Handshake and Session do.
func NewConn(send func(datagram []byte) error) *Conn {
	c := &Conn{send: send, waiting: packetio.NewBuffer()}
	c.waiting.SetLimitCount(maxWaiting)
	c.waiting.SetLimitSize(maxOctets)
	return c
}

// IsDTLS tells DTLS from all else that may come at a socket of media (RFC 7983 section 7).
func IsDTLS(datagram []byte) bool { return len(datagram) > 0 && datagram[0] >= 20 && datagram[0] <= 63 }

// Take queues a packet that has come, or loses it if too many wait. It copies the packet.
func (c *Conn) Take(datagram []byte) { _, _ = c.waiting.Write(datagram) }

// Waiting is how many packets wait to be read.
func (c *Conn) Waiting() int { return c.waiting.Count() }

// ReadFrom gives a packet, whoever the peer is now.
func (c *Conn) ReadFrom(buffer []byte) (int, net.Addr, error) {
	size, err := c.waiting.Read(buffer)
	return size, c.LocalAddr(), err //nolint:wrapcheck // a net.PacketConn
}

// WriteTo sends a packet to the peer, whatever the address.
func (c *Conn) WriteTo(datagram []byte, _ net.Addr) (int, error) {
	if err := c.send(datagram); err != nil {
		return 0, err
	}
	return len(datagram), nil
}

// LocalAddr says nothing: there may be several.
func (c *Conn) LocalAddr() net.Addr { return &net.UDPAddr{} }

// SetDeadline bounds reading; writing never waits.
func (c *Conn) SetDeadline(deadline time.Time) error { return c.SetReadDeadline(deadline) }

// SetReadDeadline bounds reading.
func (c *Conn) SetReadDeadline(deadline time.Time) error {
	return c.waiting.SetReadDeadline(deadline) //nolint:wrapcheck // a net.PacketConn
}

// SetWriteDeadline does nothing.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// Close ends reading.
func (c *Conn) Close() error { return c.waiting.Close() } //nolint:wrapcheck // a net.PacketConn
