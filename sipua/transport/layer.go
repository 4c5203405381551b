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

// Layer joins all sockets and listeners, and finds the flow to an address.
type Layer struct {
	udp []*UDP
	tcp []*TCP
}

// NewLayer joins what was opened. The order is the order of preference.
func NewLayer(udp []*UDP, tcp []*TCP) *Layer { return &Layer{udp: udp, tcp: tcp} }

// Run runs all of them until ctx ends or one fails, and returns when all have ended.
func (l *Layer) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, socket := range l.udp {
		group.Go(func() error { return socket.Run(ctx) })
	}
	for _, listener := range l.tcp {
		group.Go(func() error { return listener.Run(ctx) })
	}
	return group.Wait()
}

// FlowTo gives a flow to a target. On TCP and TLS a connection that is open to it is used again. Of several local
// addresses it takes the one that the system's routes name, or else the first of the family.
func (l *Layer) FlowTo(target Target) (Flow, error) {
	target = target.plain()
	if target.Transport == "UDP" {
		socket, ok := choose(l.udp, target.Address)
		if !ok {
			return nil, noTransport(target)
		}
		return socket.FlowTo(target.Address), nil
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
	source := sourceFor(remote)
	for _, socket := range fitting {
		if local := socket.LocalAddr().Addr(); local == source || local.IsUnspecified() {
			return socket, true
		}
	}
	return fitting[0], true
}

// sourceFor asks the system which address it would send to remote from. No packet leaves.
func sourceFor(remote netip.AddrPort) netip.Addr {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote))
	if err != nil {
		return netip.Addr{}
	}
	defer func() { _ = conn.Close() }()
	return addrPort(conn.LocalAddr()).Addr()
}
