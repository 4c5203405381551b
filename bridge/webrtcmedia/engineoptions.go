package webrtcmedia

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"sipbridge/bridge/udp"
)

// Relays gets relays of a TURN server; turn.Client does.
type Relays interface {
	// Allocate gets one that lets the peers' packets in. It returns when ctx ends.
	Allocate(ctx context.Context, peers ...netip.Addr) (net.PacketConn, error)
}

// EngineOptions says how an Engine talks to the network. The zero value listens on one free UDP port of
// every address of the machine.
type EngineOptions struct {
	// FirstPort and LastPort are the UDP ports. If they are equal, all sessions share that one port, on each
	// address; if both are 0, the shared port of each address is any free one. Otherwise every session
	// takes its own ports out of the range.
	FirstPort, LastPort uint16
	// Addresses are the local addresses to listen at. Default: all of the machine, loopback included, without
	// link-local ones. Loopback alone is not enough: Firefox never pairs with 127.0.0.1. Where every
	// session has its own ports, loopback is used only if there is no other address.
	Addresses []netip.Addr
	// Listeners are where browsers connect to that no UDP lets through (RFC 6544); Close closes them. Default: none.
	Listeners []net.Listener
	// Relays gives every connection a relay of a TURN server, for networks in which nothing reaches us. They are not for
	// ICELite. Default: none.
	Relays Relays
	// Advertised tells whether an address is one of those that sessions advertise, so that Listens knows its ports as
	// ours. Default: none is.
	Advertised func(netip.Addr) bool
	// ICELite makes us an ICE-lite agent (RFC 8445 section 2.5), which only answers checks. It
	// needs an address that browsers can reach. Default: full ICE.
	ICELite bool
	// AllowRemote tells whether we may send to an address that a browser names as its candidate. Default: any
	// but unspecified, multicast and link-local ones, and loopback only if we listen there.
	AllowRemote func(netip.Addr) bool
	// Disconnected is how long nothing may come from the browser before the connection counts as
	// disconnected. Default: 5 s.
	Disconnected time.Duration
	// Failed is how long a disconnected connection may still come back by itself; after
	// that only an ICE restart revives it. Default: 60 s.
	Failed time.Duration
	// Keepalive is how often an idle connection is checked. Default: 2 s.
	Keepalive time.Duration
	// Handshake is the deadline of the DTLS handshake, which begins when ICE is connected. Default: 10 s.
	Handshake time.Duration
	// Poller reads the sockets. Default: one of the Engine's own.
	Poller *udp.Poller
	// Logger gets what pion has to say, at debug level and at most a few lines a second. Default: none.
	Logger *slog.Logger
}

func (o *EngineOptions) setDefaults() {
	setDefault(&o.Disconnected, 5*time.Second)
	setDefault(&o.Failed, 60*time.Second)
	setDefault(&o.Keepalive, 2*time.Second)
	setDefault(&o.Handshake, 10*time.Second)
	if o.Poller == nil {
		o.Poller = udp.NewPoller()
	}
	if o.Advertised == nil {
		o.Advertised = func(netip.Addr) bool { return false }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func setDefault(value *time.Duration, fallback time.Duration) {
	if *value <= 0 {
		*value = fallback
	}
}

// shared tells whether all sessions share one port.
func (o *EngineOptions) shared() bool { return o.FirstPort == o.LastPort }
