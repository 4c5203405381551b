package turn

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/pion/turn/v5"
)

// TestIPv6: who comes by IPv6 gets a relay of that family without asking for it, as browsers do (RFC 8656, section 4.2,
// has it otherwise), and none of the other one.
func TestIPv6(t *testing.T) {
	t.Parallel()
	socket := packetsAt(t, "[::1]:0")
	media := echoOf(t, packetsAt(t, "[::1]:0"))
	server := must[*Server](t)(New(Options{
		UDP: []net.PacketConn{socket}, Realm: "localhost", Secret: "north", Media: mediaAt(media),
	}))
	w := &world{T: t, Server: server, media: media}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	client := must[*Client](t)(NewClient(ClientOptions{Server: "turn:" + socket.LocalAddr().String(), Secret: "north"}))
	relay := must[net.PacketConn](t)(client.Allocate(t.Context(), netip.IPv6Loopback()))
	w.carries(relay)
	if at := addressOf(relay.LocalAddr()); at.Addr() != netip.IPv6Loopback() {
		t.Errorf("a relay at %v", at)
	}
	if err := relay.Close(); err != nil {
		t.Error(err)
	}
	by := holder{user: "alice", source: netip.IPv6Loopback()}
	other := turn.AllocateListenerConfig{Network: "udp4", UserID: by.id()}
	if conn, at, err := server.relaysAt(socket.LocalAddr()).AllocatePacketConn(other); !errors.Is(err, errRelay) {
		t.Errorf("%v at %v: %v", conn, at, err)
	}
}
