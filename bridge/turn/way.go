package turn

import (
	"net"

	"github.com/pion/turn/v5"
)

// longestPacket is how much a datagram, or a frame over TCP, can have.
const longestPacket = 1 << 16

// way is the way to the server. Nobody else is heard on it.
type way struct {
	net.PacketConn

	server net.Addr
	ended  chan struct{} // closed when nothing is read any more
}

func newWay(conn net.PacketConn, server net.Addr) *way {
	return &way{PacketConn: conn, server: server, ended: make(chan struct{})}
}

// read gives a client what the server sends, until the way is closed. What the client cannot read is dropped: its own
// loop would end there, and the relay with it.
func (w *way) read(client *turn.Client) {
	defer close(w.ended)
	buffer := make([]byte, longestPacket)
	for {
		size, from, err := w.ReadFrom(buffer)
		if err != nil {
			return
		}
		if addressOf(from) == addressOf(w.server) {
			_, _ = client.HandleInbound(buffer[:size], from)
		}
	}
}
