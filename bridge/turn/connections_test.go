package turn

import (
	"net"
	"testing"
	"time"
)

// routed is a connection with addresses of its own.
type routed struct {
	net.Conn

	local, from net.Addr
}

func (r routed) LocalAddr() net.Addr  { return r.local }
func (r routed) RemoteAddr() net.Addr { return r.from }

// TestRoutes has one port of a client with connections to two of ours, and a relay over UDP.
func TestRoutes(t *testing.T) {
	t.Parallel()
	all := newConnections(Options{Patience: time.Hour, Most: 10, PerSource: 10})
	client := net.IPv4(192, 0, 2, 1)
	from := &net.TCPAddr{IP: client, Port: 40000}
	connect := func(port int) *connection {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { _ = theirs.Close() })
		return all.take(routed{ours, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}, from})
	}
	plain, secure := connect(3478), connect(5349)
	all.serve(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 3478}, &net.UDPAddr{IP: client, Port: 40000}, true)
	all.serve(secure.LocalAddr(), from, true)
	if !plain.limit.Stop() {
		t.Error("the relay of another connection keeps one")
	}
	if secure.limit.Stop() {
		t.Error("its relay does not keep a connection")
	}
	if err := secure.Close(); err != nil {
		t.Error(err)
	}
	all.serve(plain.LocalAddr(), from, false)
	if !plain.limit.Stop() {
		t.Error("the end of another connection had one forgotten")
	}
	all.close()
	if len(all.open) != 0 || len(all.bySource) != 0 {
		t.Errorf("%v, %v", all.open, all.bySource)
	}
}
