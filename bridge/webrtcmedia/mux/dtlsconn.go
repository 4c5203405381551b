package mux

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

// dtlsConn is a net.PacketConn for DTLS with one browser.
type dtlsConn struct {
	conn    *Conn
	waiting *packetio.Buffer
}

func newDTLSConn(conn *Conn) *dtlsConn {
	d := &dtlsConn{conn: conn, waiting: packetio.NewBuffer()}
	d.waiting.SetLimitCount(maxWaiting)
	d.waiting.SetLimitSize(maxOctets)
	return d
}

// take queues a packet, or loses it if too many wait.
func (d *dtlsConn) take(datagram []byte) { _, _ = d.waiting.Write(datagram) }

// ReadFrom gives a packet, whoever the browser is now.
func (d *dtlsConn) ReadFrom(buffer []byte) (int, net.Addr, error) {
	size, err := d.waiting.Read(buffer)
	return size, d.LocalAddr(), err //nolint:wrapcheck // a net.PacketConn
}

// WriteTo sends a packet to the browser, whatever the address.
func (d *dtlsConn) WriteTo(datagram []byte, _ net.Addr) (int, error) {
	if err := d.conn.Send(datagram); err != nil {
		return 0, err
	}
	return len(datagram), nil
}

// LocalAddr says nothing: there may be several.
func (d *dtlsConn) LocalAddr() net.Addr { return &net.UDPAddr{} }

// SetDeadline bounds reading; writing never waits.
func (d *dtlsConn) SetDeadline(deadline time.Time) error { return d.SetReadDeadline(deadline) }

// SetReadDeadline bounds reading.
func (d *dtlsConn) SetReadDeadline(deadline time.Time) error {
	return d.waiting.SetReadDeadline(deadline) //nolint:wrapcheck // a net.PacketConn
}

// SetWriteDeadline does nothing.
func (d *dtlsConn) SetWriteDeadline(time.Time) error { return nil }

// Close ends reading.
func (d *dtlsConn) Close() error { return d.waiting.Close() } //nolint:wrapcheck // a net.PacketConn
