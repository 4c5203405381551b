package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sync/errgroup"
)

// ErrNoTransport is why no flow can be made: nothing listens on that transport and address family.
var ErrNoTransport = errors.New("transport: not available")

// Connector makes connections of transports that this package lacks, as ws.Client does.
type Connector interface {
	// Carries tells whether it makes connections of a transport, a word of Via in upper case.
	Carries(transport string) bool
	// FlowTo gives the connection to a target, one that is open if there is one. It does not block.
	FlowTo(target Target) (Flow, error)
	// Run ends all of them once ctx ends, and waits for them.
	Run(ctx context.Context) error
}

// Layer joins all sockets and listeners, and finds the flow to an address.
type Layer struct {
	udp    []*UDP
	tcp    []*TCP
	others []Connector
}

// NewLayer joins what was opened. The order is the order of preference.
func NewLayer(udp []*UDP, tcp []*TCP, others ...Connector) *Layer {
	return &Layer{udp: udp, tcp: tcp, others: others}
}

// Run runs all of them until ctx ends or one fails, and returns when all have ended.
func (l *Layer) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, socket := range l.udp {
		group.Go(func() error { return socket.Run(ctx) })
	}
	for _, listener := range l.tcp {
		group.Go(func() error { return listener.Run(ctx) })
	}
	for _, connector := range l.others {
		group.Go(func() error { return connector.Run(ctx) })
	}
	return group.Wait()
}

// FlowTo gives a flow to a target. On TCP and TLS a connection that is open to it is used again. Of several local
// addresses it takes the one that the system's routes name, or else the first of the family.
func (l *Layer) FlowTo(target Target) (Flow, error) {
	target = target.Plain()
	if target.Transport == "UDP" {
		socket, ok := choose(l.udp, target.Address)
		if !ok {
			return nil, noTransport(target)
		}
		return socket.FlowTo(target.Address), nil
	}
	for _, connector := range l.others {
		if connector.Carries(target.Transport) {
			return connector.FlowTo(target)
		}
	}
	listeners := l.tcpOf(target.Transport)
	for _, listener := range listeners {
		if listener.has(target) {
			return listener.flowTo(target)
		}
	}
	listener, ok := choose(listeners, target.Address)
	if !ok {
		return nil, noTransport(target)
	}
	return listener.flowTo(target)
}

func noTransport(target Target) error {
	return fmt.Errorf("%w: %s to %v", ErrNoTransport, target.Transport, target.Address)
}

func (l *Layer) tcpOf(transport string) []*TCP {
	var found []*TCP
	for _, listener := range l.tcp {
		if listener.options.transport() == transport {
			found = append(found, listener)
		}
	}
	return found
}

// flowTo is FlowTo without the trap of a nil pointer in an interface.
func (t *TCP) flowTo(target Target) (Flow, error) {
	flow, err := t.FlowTo(target)
	if err != nil {
		return nil, err
	}
	return flow, nil
}

// bound is a socket with an address of its own.
type bound interface{ LocalAddr() netip.AddrPort }

// choose gives the socket to reach remote from.
func choose[S bound](sockets []S, remote netip.AddrPort) (chosen S, ok bool) {
	var fitting []S
	for _, socket := range sockets {
		if local := socket.LocalAddr().Addr(); local.Is4() == remote.Addr().Is4() || local.IsUnspecified() && local.Is6() {
			fitting = append(fitting, socket)
		}
	}
	if len(fitting) == 0 {
		return chosen, false
	}
	if len(fitting) == 1 {
		return fitting[0], true
	}
	source := SourceFor(remote)
	for _, socket := range fitting {
		if local := socket.LocalAddr().Addr(); local == source || local.IsUnspecified() {
			return socket, true
		}
	}
	return fitting[0], true
}

// SourceFor asks the system which address it would send to remote from. No packet leaves.
func SourceFor(remote netip.AddrPort) netip.Addr {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote))
	if err != nil {
		return netip.Addr{}
	}
	defer func() { _ = conn.Close() }()
	return addrPort(conn.LocalAddr()).Addr()
}
