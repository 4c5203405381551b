package turn

import (
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/turn/v5"
)

// slow is a socket that takes a while to end.
type slow struct {
	net.PacketConn

	ended *atomic.Bool
}

func (s slow) ReadFrom(buffer []byte) (int, net.Addr, error) {
	size, from, err := s.PacketConn.ReadFrom(buffer)
	if err != nil {
		time.Sleep(50 * time.Millisecond)
		s.ended.Store(true)
	}
	return size, from, err //nolint:wrapcheck // a test
}

// TestCloseWaits: when Close has returned the relays are gone, over whatever their clients came, and there are no more.
func TestCloseWaits(t *testing.T) {
	t.Parallel()
	for range 5 {
		var ended atomic.Bool
		w := newWorld(t, func(o *Options) { o.UDP[0] = slow{o.UDP[0], &ended} })
		var ports []string
		for _, client := range []*turn.Client{
			w.client(packets(t), w.udp, w.Credentials("alice")), w.client(packets(t), w.udp, w.Credentials("bob")),
			w.client(turn.NewSTUNConn(w.connect(w.tcp)[0]), w.tcp, w.Credentials("alice")),
		} {
			relay := must[net.PacketConn](t)(client.Allocate())
			t.Cleanup(func() { _ = relay.Close() })
			ports = append(ports, relay.LocalAddr().String())
		}
		w.connect(w.tcp, w.tls) // and some that have none
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if stats := w.Stats(); stats.Relays != 0 || !ended.Load() {
			t.Errorf("%+v; the socket has ended: %v", stats, ended.Load())
		}
		for _, port := range ports {
			free, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", port)
			if err != nil {
				t.Errorf("a relay is still there: %v", err)
				continue
			}
			_ = free.Close()
		}
		if conn, at, err := ask(w); !errors.Is(err, errQuota) {
			t.Errorf("%v at %v: %v", conn, at, err)
		}
		if ours, theirs := net.Pipe(); w.connections.take(ours) != nil {
			t.Error("a connection is taken")
		} else {
			_, _ = ours.Close(), theirs.Close()
		}
	}
}
