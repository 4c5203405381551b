package turn

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/pion/turn/v5"
)

// wide is media whose ports are the first ones that it is asked about.
type wide struct {
	ports int
	asked []netip.AddrPort
}

func (w *wide) ListensAt(netip.Addr) bool { return true }

func (w *wide) Listens(port netip.AddrPort) bool {
	w.asked = append(w.asked, port)
	return len(w.asked) <= w.ports
}

func ask(w *world, user string) (net.PacketConn, net.Addr, error) {
	return w.relaysAt(w.udp).AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: user})
}

// TestRelayBesideMedia has ephemeral ports that are in the range of our media.
func TestRelayBesideMedia(t *testing.T) {
	t.Parallel()
	for ports, sockets := range map[int]int{0: 1, 3: 4, maxSockets - 1: maxSockets, maxSockets: maxSockets} {
		ours := &wide{ports: ports}
		w := newWorld(t, func(o *Options) { o.Media = ours })
		conn, at, err := ask(w, "alice")
		if len(ours.asked) != sockets {
			t.Errorf("%d ports: %d sockets", ports, len(ours.asked))
		}
		slices.SortFunc(ours.asked, netip.AddrPort.Compare)
		if len(slices.Compact(slices.Clone(ours.asked))) != sockets {
			t.Errorf("%d ports: one twice: %v", ports, ours.asked)
		}
		if ports == maxSockets {
			if !errors.Is(err, errNoPort) || w.Stats().Refused != 1 || w.Stats().Relays != 0 {
				t.Errorf("a relay at %v: %v, %+v", at, err, w.Stats())
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}
