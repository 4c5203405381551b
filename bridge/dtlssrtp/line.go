package dtlssrtp

import (
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/pion/transport/v4/deadline"
)

// line is what one association of pion's has of a Conn. Once it is cut nothing goes through it any more, either way,
// and another one may be plugged in.
type line struct {
	conn    *Conn
	reading *deadline.Deadline
	done    chan struct{} // closed when it is cut
	cutting sync.Once
}

func newLine(conn *Conn) *line {
	return &line{conn: conn, reading: deadline.New(), done: make(chan struct{})}
}

// cut cuts it, and reports false if it was.
func (l *line) cut() bool {
	first := false
	l.cutting.Do(func() {
		first = true
		close(l.done)
	})
	return first
}

func (l *line) isCut() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// ReadFrom gives a packet, whoever the peer is now.
func (l *line) ReadFrom(buffer []byte) (int, net.Addr, error) {
	if l.isCut() {
		return 0, nil, net.ErrClosed
	}
	select {
	case <-l.done:
		return 0, nil, net.ErrClosed
	case <-l.conn.done:
		return 0, nil, io.EOF
	case <-l.reading.Done():
		return 0, nil, os.ErrDeadlineExceeded
	case datagram := <-l.conn.waiting:
		if l.isCut() {
			l.conn.queue(datagram) // it is for who comes next
			return 0, nil, net.ErrClosed
		}
		return copy(buffer, datagram), nowhere{}, nil
	}
}

// WriteTo sends a packet to the peer, whatever the address. What comes after the cut is lost.
func (l *line) WriteTo(datagram []byte, _ net.Addr) (int, error) {
	if l.isCut() {
		return len(datagram), nil
	}
	return l.conn.Write(datagram)
}

// LocalAddr says nothing: there may be several.
func (l *line) LocalAddr() net.Addr { return nowhere{} }

// SetDeadline bounds reading; writing never waits.
func (l *line) SetDeadline(at time.Time) error { return l.SetReadDeadline(at) }

// SetReadDeadline bounds reading.
func (l *line) SetReadDeadline(at time.Time) error {
	l.reading.Set(at)
	return nil
}

// SetWriteDeadline does nothing.
func (l *line) SetWriteDeadline(time.Time) error { return nil }

// Close cuts it.
func (l *line) Close() error {
	l.cut()
	return nil
}
