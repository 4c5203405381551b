package turn

import (
	"net"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/pion/turn/v5"
)

// crowded is a listener for whose first connections the system has no room.
type crowded struct {
	net.Listener

	faults atomic.Int32
}

func (c *crowded) Accept() (net.Conn, error) {
	if c.faults.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return c.Listener.Accept() //nolint:wrapcheck // a test
}

// TestCrowdedListener has a relay over TCP after the system was out of sockets.
func TestCrowdedListener(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) {
		full := &crowded{Listener: o.TCP[0]}
		full.faults.Store(2)
		o.TCP[0] = full
	})
	conn := must[net.Conn](t)(new(net.Dialer).DialContext(t.Context(), "tcp4", w.tcp.String()))
	client := w.client(turn.NewSTUNConn(conn), w.tcp, w.Credentials("alice"))
	relay := must[net.PacketConn](t)(client.Allocate())
	if err := relay.Close(); err != nil {
		t.Error(err)
	}
}

// TestListenerEnds while the system is out of sockets.
func TestListenerEnds(t *testing.T) {
	t.Parallel()
	newWorld(t, func(o *Options) {
		full := &crowded{Listener: o.TCP[0]}
		full.faults.Store(1 << 30)
		o.TCP[0] = full
	}) // goleak looks for what has not ended
}
