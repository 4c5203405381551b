package main

import (
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/sync/errgroup"

	"sipbridge/sipua/nat"
	"sipbridge/sipua/transport"
)

// publicAddress finds the address by which this machine is seen out there.
type publicAddress struct {
	finder *nat.Finder
	// extra are sockets that only ask; their SIP is nobody's.
	extra []*transport.UDP
}

// addFinder looks for our public address by STUN, if there is a server to ask. The SIP sockets ask, since a NAT may
// change their ports, too; where there are none, one of each address family does.
func (s *service) addFinder(own []netip.Addr) error {
	host, port, err := s.config.Listen.STUNServer()
	if err != nil || host == "" {
		return err
	}
	p := &publicAddress{}
	var sockets []nat.Socket
	for _, socket := range s.transports.udp {
		sockets = append(sockets, socket)
	}
	for _, address := range lacking(own, s.listeners.SIPUDP) {
		socket, err := transport.ListenUDP(netip.AddrPortFrom(address, 0).String(), transport.UDPOptions{
			Receive: func(transport.Flow, []byte) {}, Logger: s.log,
		})
		if err != nil {
			return fmt.Errorf("listen.stun: %w", err)
		}
		p.extra = append(p.extra, socket)
		sockets = append(sockets, socket)
	}
	p.finder = nat.NewFinder(nat.FinderOptions{
		Addresses: s.addresses, Host: host, Port: port, Resolver: s.resolver, Sockets: sockets,
		Changed: func() { s.agent.AddressChanged() }, Log: s.log,
	})
	s.public = p
	return nil
}

// lacking gives an address of this machine for each family of which no SIP socket reaches out.
func lacking(own []netip.Addr, listening []netip.AddrPort) []netip.Addr {
	covered := map[bool]bool{}
	for _, at := range listening {
		covered[at.Addr().Is4()] = covered[at.Addr().Is4()] || !at.Addr().IsLoopback()
	}
	var wanted []netip.Addr
	for _, address := range own {
		if !address.IsLoopback() && !covered[address.Is4()] {
			covered[address.Is4()] = true
			wanted = append(wanted, address)
		}
	}
	return wanted
}

// run looks until ctx ends; a nil one has nothing to do.
func (p *publicAddress) run(ctx context.Context) error {
	if p == nil {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, socket := range p.extra {
		group.Go(func() error { return socket.Run(ctx) })
	}
	group.Go(func() error { return p.finder.Run(ctx) })
	return group.Wait()
}

// wait waits for the first look, so that servers are told the right address at once.
func (p *publicAddress) wait(ctx context.Context) {
	if p == nil {
		return
	}
	select {
	case <-p.finder.Looked():
	case <-ctx.Done():
	}
}
