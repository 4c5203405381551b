package dtlssrtp

import (
	"io"
	"slices"
	"sync"
)

// maxWaiting is how many DTLS packets may wait to be read. A handshake has six flights of a few packets each.
const maxWaiting = 32

// Conn has the DTLS packets of one peer, which come among others at a socket that its user reads. It must be closed,
// which Handshake and Session do.
type Conn struct {
	send    func(datagram []byte) error
	waiting chan []byte
	done    chan struct{} // closed by Close
	closing sync.Once
}

// NewConn makes one whose packets are sent by send, which finds out itself where the peer is.
func NewConn(send func(datagram []byte) error) *Conn {
	return &Conn{send: send, waiting: make(chan []byte, maxWaiting), done: make(chan struct{})}
}

// IsDTLS tells DTLS from all else that may come at a socket of media (RFC 7983 section 7).
func IsDTLS(datagram []byte) bool { return len(datagram) > 0 && datagram[0] >= 20 && datagram[0] <= 63 }

// Take queues a packet that has come, or loses it if too many wait. It copies the packet.
func (c *Conn) Take(datagram []byte) { c.queue(slices.Clone(datagram)) }

func (c *Conn) queue(datagram []byte) {
	select {
	case c.waiting <- datagram:
	default:
	}
}

// Waiting is how many packets wait to be read.
func (c *Conn) Waiting() int { return len(c.waiting) }

// Read gives the next packet, as far as the buffer has room. After Close its error is io.EOF.
func (c *Conn) Read(buffer []byte) (int, error) {
	select {
	case <-c.done:
		return 0, io.EOF
	case datagram := <-c.waiting:
		return copy(buffer, datagram), nil
	}
}

// Write sends a packet to the peer. It never waits.
func (c *Conn) Write(datagram []byte) (int, error) {
	if err := c.send(datagram); err != nil {
		return 0, err
	}
	return len(datagram), nil
}

// Close ends reading.
func (c *Conn) Close() error {
	c.closing.Do(func() { close(c.done) })
	return nil
}
