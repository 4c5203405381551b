package locate

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"

	"golang.org/x/sync/errgroup"

	"sipbridge/sipua/locate/resolver"
	"sipbridge/sipua/transport"
)

// search is the search for one URI.
type search struct {
	locator *Locator
	// name is the host, without brackets and dot.
	name string
	port int
	// word is the transport that the URI asks for, if it does.
	word string
	// affinity decides the choice by weight.
	affinity string
}

// run follows RFC 3263 sections 4.1 and 4.2.
func (s *search) run(ctx context.Context) ([]transport.Target, error) {
	if address, err := netip.ParseAddr(s.name); err == nil {
		return s.at([]netip.Addr{address.Unmap()}, s.plainTransport(), s.port), nil
	}
	if s.locator.options.Resolver == nil {
		return nil, resolver.ErrFailed
	}
	if s.port != 0 {
		return s.host(ctx, s.name, s.plainTransport(), s.port)
	}
	targets, servicesErr := s.services(ctx)
	if len(targets) > 0 || errors.Is(servicesErr, errNotOffered) {
		return targets, servicesErr
	}
	targets, err := s.host(ctx, s.name, s.plainTransport(), 0)
	return targets, cmp.Or(err, servicesErr)
}

// plainTransport is the transport where nothing but the URI says which.
func (s *search) plainTransport() string {
	switch {
	case s.word != "":
		return s.word
	case slices.Contains(s.locator.options.Transports, "UDP"):
		return "UDP"
	default:
		return s.locator.options.Transports[0]
	}
}

// host gives the targets at the addresses of a host.
func (s *search) host(ctx context.Context, name, word string, port int) ([]transport.Target, error) {
	addresses, err := s.locator.options.Resolver.Addresses(ctx, name)
	return s.at(addresses, word, port), err
}

// at makes targets of addresses; port 0 is that of the transport.
func (s *search) at(addresses []netip.Addr, word string, port int) []transport.Target {
	if port == 0 {
		port = portOf(word)
	}
	if s.locator.options.PreferIPv6 {
		addresses = slices.Clone(addresses)
		slices.SortStableFunc(addresses, func(a, b netip.Addr) int { return b.BitLen() - a.BitLen() })
	}
	targets := make([]transport.Target, 0, len(addresses))
	for _, address := range addresses {
		targets = append(targets, transport.Target{
			Transport: word, Address: netip.AddrPortFrom(address, uint16(port)), Domain: s.name,
		})
	}
	return targets
}

// service is a service whose SRV records are to be looked up.
type service struct {
	name, word string
	// host tells that name is that of a host: its addresses are to be looked up.
	host bool
}

// services finds the servers by NAPTR and SRV.
func (s *search) services(ctx context.Context) ([]transport.Target, error) {
	byDefault := s.defaultServices()
	if s.word != "" {
		return s.serversOf(ctx, byDefault)
	}
	// Much is asked at once, so that a server that does not know NAPTR and says nothing delays no more than itself.
	var pointed []service
	var pointersErr error
	var looking errgroup.Group
	looking.Go(func() error {
		pointed, pointersErr = s.pointers(ctx)
		return nil
	})
	targets, err := s.serversOf(ctx, byDefault)
	_ = looking.Wait()
	if len(pointed) > 0 {
		if better, betterErr := s.serversOf(ctx, pointed); len(better) > 0 {
			return better, betterErr
		}
	}
	return targets, cmp.Or(err, pointersErr)
}

// defaultServices are those of each transport that will do, without NAPTR. WebSocket is not looked for unless the URI
// asks for it: a server is reached that way by browsers.
func (s *search) defaultServices() []service {
	prefixes := map[string]string{
		"UDP": "_sip._udp.", "TCP": "_sip._tcp.", "TLS": "_sips._tcp.", "WS": "_sip._ws.", "WSS": "_sips._ws.",
	}
	var all []service
	for _, word := range s.locator.options.Transports {
		if word == s.word || s.word == "" && word != "WS" && word != "WSS" {
			all = append(all, service{name: prefixes[word] + s.name, word: word})
		}
	}
	return all
}

// pointers gives the services that NAPTR records name, best first, without those that we cannot use.
func (s *search) pointers(ctx context.Context) ([]service, error) {
	records, err := s.locator.options.Resolver.NAPTR(ctx, s.name)
	slices.SortStableFunc(records, func(a, b resolver.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	var found []service
	for _, record := range records {
		word := map[string]string{
			"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS", "SIP+D2W": "WS", "SIPS+D2W": "WSS",
		}[record.Service]
		usable := slices.Contains(s.locator.options.Transports, word) && record.Replacement != "" &&
			(record.Flags == "s" || record.Flags == "a")
		if usable && len(found) < atOnce {
			found = append(found, service{name: record.Replacement, word: word, host: record.Flags == "a"})
		}
	}
	return found, err
}

// server is one server of a service.
type server struct {
	name, word string
	port       int
}

// serversOf gives the targets of services, those of the first service first. The error is what kept it from finding
// more.
func (s *search) serversOf(ctx context.Context, services []service) ([]transport.Target, error) {
	records, err := s.lookUpServices(ctx, services)
	var servers []server
	for i, service := range services {
		if service.host {
			servers = append(servers, server{name: service.name, word: service.word})
		}
		for _, record := range order(records[i], s.locator.random(s.affinity, service.name)) {
			servers = append(servers, server{name: record.Target, word: service.word, port: int(record.Port)})
		}
	}
	targets, hostsErr := s.lookUpHosts(ctx, servers[:min(len(servers), maxServers)])
	return targets, cmp.Or(err, hostsErr)
}
