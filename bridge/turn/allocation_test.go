package turn

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// relayed makes a relay of the world's server, and shows that it carries packets.
func (w *world) relayed(server string) *allocation {
	w.Helper()
	client := must[*Client](w.T)(NewClient(ClientOptions{Server: server, Secret: "north"}))
	relay := must[net.PacketConn](w.T)(client.Allocate(w.Context(), netip.MustParseAddr("127.0.0.1")))
	made, ok := relay.(*allocation)
	if !ok {
		w.Fatalf("a %T", relay)
	}
	w.carries(made)
	return made
}

// carries fails the test unless a packet comes back by a relay.
func (w *world) carries(relay net.PacketConn) {
	w.Helper()
	must[struct{}](w.T)(struct{}{}, relay.SetReadDeadline(time.Now().Add(patience)))
	must[int](w.T)(relay.WriteTo([]byte("there"), w.media.LocalAddr()))
	buffer := make([]byte, 100)
	size, _, err := relay.ReadFrom(buffer)
	if err != nil || string(buffer[:size]) != "there" {
		w.Fatalf("%q: %v", buffer[:size], err)
	}
}

// TestUnreadable: what a server sends that cannot be read ends neither its relay nor keeps it from ending.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	var server net.PacketConn
	w := newWorld(t, func(o *Options) { server = o.UDP[0] })
	relay := w.relayed("turn:" + w.udp.String())
	for _, packet := range [][]byte{
		{0x4f, 0xff, 0, 0}, // of an unknown channel
		{0x40},
		append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...), // a request
	} {
		must[int](t)(server.WriteTo(packet, relay.way.LocalAddr()))
		w.carries(relay)
	}
	if err := relay.Close(); err != nil {
		t.Error(err)
	}
}

// forgetful is a server's socket that never hears a request to let a peer in.
type forgetful struct{ net.PacketConn }

func (f forgetful) ReadFrom(buffer []byte) (int, net.Addr, error) {
	for {
		size, from, err := f.PacketConn.ReadFrom(buffer)
		asked := &stun.Message{Raw: bytes.Clone(buffer[:size])}
		if err != nil || asked.Decode() != nil || asked.Type.Method != stun.MethodCreatePermission {
			return size, from, err //nolint:wrapcheck // a test
		}
	}
}

// TestAllocateEnds with its context also where the relay is there and the rest is not. goleak looks for what is left.
func TestAllocateEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) { o.UDP[0] = forgetful{o.UDP[0]} })
	client := must[*Client](t)(NewClient(ClientOptions{Server: "turn:" + w.udp.String(), Secret: "north"}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() {
		_, err := client.Allocate(ctx, netip.MustParseAddr("127.0.0.1"))
		ended <- err
	}()
	for w.Stats().Relays == 0 && t.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// clogged is a listener whose connections are read until it is told to stop.
type clogged struct {
	net.Listener

	stop chan struct{} // closed: nothing is read
	ends chan struct{} // closed: what is not read ends
}

func (c clogged) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return unread{conn, c}, err //nolint:wrapcheck // a test
}

type unread struct {
	net.Conn

	clogged clogged
}

func (u unread) Read(buffer []byte) (int, error) {
	select {
	case <-u.clogged.stop:
		<-u.clogged.ends
		return 0, net.ErrClosed
	default:
		return u.Conn.Read(buffer) //nolint:wrapcheck // a test
	}
}

// TestCloseUnread: a server that reads nothing any more cannot keep a relay from ending.
func TestCloseUnread(t *testing.T) {
	t.Parallel()
	stop, ends := make(chan struct{}), make(chan struct{})
	w := newWorld(t, func(o *Options) { o.TCP[0] = clogged{o.TCP[0], stop, ends} })
	end := sync.OnceFunc(func() { close(ends) })
	t.Cleanup(end)
	relay := w.relayed("turn:" + w.tcp.String() + "?transport=tcp")
	close(stop)
	packet := append([]byte{0x4f, 0xff, 4, 0}, make([]byte, 1024)...) // of an unknown channel
	for written := -1; written != 0; {
		must[struct{}](t)(struct{}{}, relay.way.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
		var err error
		for written = 0; err == nil; written++ {
			_, err = relay.way.WriteTo(packet, relay.way.server)
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		written--                             // the last one was not
		packet = packet[:4+len(packet[4:])/8] // smaller ones fill what is left
	}
	must[struct{}](t)(struct{}{}, relay.way.SetWriteDeadline(time.Time{}))
	_ = relay.Close() // that it comes back is what is tested
}
