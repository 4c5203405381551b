package turn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pion/turn/v5"
)

// farewell is how long Close may take to tell a server that does not read.
const farewell = time.Second

// allocation is a relay of the server's.
type allocation struct {
	net.PacketConn // nil before ask has got it

	client *turn.Client
	way    *way
}

// ask gets the relay, and lets the peers in. It ends with ctx.
func (a *allocation) ask(ctx context.Context, peers []netip.Addr) error {
	stop := context.AfterFunc(ctx, a.abandon)
	var err error
	a.PacketConn, err = a.client.Allocate()
	if err == nil {
		for _, peer := range peers {
			// Without it only those come in whom we have sent something.
			_ = a.client.CreatePermission(net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer.Unmap(), 9)))
		}
	}
	if !stop() {
		return ctx.Err() //nolint:wrapcheck // by Client.Allocate
	}
	return err //nolint:wrapcheck // by Client.Allocate
}

// abandon ends the way without a word. What waits for an answer ends, too.
func (a *allocation) abandon() {
	_ = a.way.Close()
	a.client.Close()
}

// Close tells the server, and ends the way.
func (a *allocation) Close() error {
	var err error
	if a.PacketConn != nil {
		_ = a.way.SetWriteDeadline(time.Now().Add(farewell))
		err = a.PacketConn.Close()
	}
	a.abandon()
	<-a.way.ended
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err //nolint:wrapcheck // a net.PacketConn
}
