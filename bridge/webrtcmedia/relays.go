package webrtcmedia

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"sipbridge/bridge/webrtcmedia/mux"
)

// relayPatience is how long a connection waits for its relay, which is named in our first description; then it goes on
// without.
const relayPatience = 2 * time.Second

// socketsFor gives the sockets of a connection: those that all share, if it has none of its own.
func (e *Engine) socketsFor(signalling netip.Addr) (*mux.Mux, error) {
	relays := e.relaysFor(signalling)
	if e.shared != nil && len(relays) == 0 {
		return e.shared, nil
	}
	options := e.sockets
	if e.shared != nil {
		options = mux.Options{Beside: e.shared}
	}
	options.Relays = relays
	own, err := mux.Open(options)
	if err != nil {
		for _, relay := range relays {
			_ = relay.Close()
		}
		return nil, fmt.Errorf("own sockets: %w", err)
	}
	return own, nil
}

// relaysFor gives a connection its relay, if there is one to be had.
func (e *Engine) relaysFor(signalling netip.Addr) []net.PacketConn {
	if e.options.Relays == nil || e.options.ICELite {
		return nil
	}
	var peers []netip.Addr
	if signalling.IsValid() && !signalling.IsLoopback() {
		peers = append(peers, signalling)
	}
	ctx, cancel := context.WithTimeout(context.Background(), relayPatience)
	defer cancel()
	relay, err := e.options.Relays.Allocate(ctx, peers...)
	if err != nil {
		e.counts.unrelayed.Add(1)
		e.options.Logger.Warn("no relay for a browser's media", "error", err)
		return nil
	}
	return []net.PacketConn{relay}
}
