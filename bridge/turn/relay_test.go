package turn

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
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

func ask(w *world) (net.PacketConn, net.Addr, error) {
	by := holder{user: "alice", source: netip.MustParseAddr("192.0.2.1")}
	return w.relaysAt(w.udp).AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: by.id()})
}

// TestRelayBesideMedia has ephemeral ports that are in the range of our media.
func TestRelayBesideMedia(t *testing.T) {
	t.Parallel()
	for ports, sockets := range map[int]int{0: 1, 3: 4, maxSockets - 1: maxSockets, maxSockets: maxSockets} {
		ours := &wide{ports: ports}
		w := newWorld(t, func(o *Options) { o.Media = ours })
		conn, at, err := ask(w)
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
		w.quota.ended() // as pion tells
	}
}

// TestQuotaAtOnce has more relays asked for at the same moment than there may be.
func TestQuotaAtOnce(t *testing.T) {
	t.Parallel()
	const asked, most = 20, 2
	for name, limit := range map[string]func(*Options){
		"user":   func(o *Options) { o.PerUser = most },
		"source": func(o *Options) { o.PerSource = most },
		"all":    func(o *Options) { o.Most = most },
	} {
		w := newWorld(t, limit)
		made := make(chan net.PacketConn, asked)
		var asking sync.WaitGroup
		for range asked {
			asking.Go(func() {
				if conn, _, err := ask(w); err == nil {
					made <- conn
				} else if !errors.Is(err, errQuota) {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		close(made)
		if stats := w.Stats(); len(made) != most || stats.Relays != most || stats.Refused != asked-most {
			t.Errorf("%s: %d relays, %+v", name, len(made), stats)
		}
		for conn := range made {
			_ = conn.Close()
			_ = conn.Close() // gives nothing back a second time
			w.quota.ended()  // as pion tells
		}
		if got := w.Stats().Relays; got != 0 {
			t.Errorf("%s: %d relays after the end", name, got)
		}
	}
}

// TestGuestsLeaveRelays: they get no more than half of all; others get those that are left.
func TestGuestsLeaveRelays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *Options) {
		o.Most, o.Guest = 4, func(user string) bool { return strings.HasPrefix(user, "guest-") }
	})
	first := must[net.PacketConn](t)(w.allocate(w.Credentials("guest-1")))
	must[net.PacketConn](t)(w.allocate(w.Credentials("guest-2")))
	if _, err := w.allocate(w.Credentials("guest-3")); err == nil || w.Stats().Refused != 1 {
		t.Errorf("a third guest: %v, %+v", err, w.Stats())
	}
	for range 2 {
		must[net.PacketConn](t)(w.allocate(w.Credentials("alice")))
	}
	must[struct{}](t)(struct{}{}, first.Close())
	w.await("the end of the first", func() bool { return w.Stats().Relays == 3 })
	must[net.PacketConn](t)(w.allocate(w.Credentials("guest-3")))
}

// TestNoUser is how pion looks for an even port (RFC 8656, section 18.7).
func TestNoUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, id := range []string{"", "alice", "nowhere alice"} {
		conn, at, err := w.relaysAt(w.udp).AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: id})
		if !errors.Is(err, errRelay) {
			t.Errorf("%q: %v at %v: %v", id, conn, at, err)
		}
	}
}
