package locate

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sync/errgroup"

	"sipbridge/sipua/transport"
)

// errNotOffered is the reason if the DNS says that the domain has no SIP service (RFC 2782, a target of ".").
var errNotOffered = errors.New("the domain offers no SIP service")

// lookUpServices gives the SRV records of each service.
func (s *search) lookUpServices(ctx context.Context, services []service) ([][]net.SRV, error) {
	records, errs := make([][]net.SRV, len(services)), make([]error, len(services))
	var looking errgroup.Group
	looking.SetLimit(atOnce)
	for i, service := range services {
		if service.host {
			continue
		}
		looking.Go(func() error {
			records[i], errs[i] = s.locator.options.Resolver.SRV(ctx, service.name)
			if len(records[i]) == 1 && records[i][0].Target == "" {
				records[i], errs[i] = nil, errNotOffered
			}
			return nil
		})
	}
	_ = looking.Wait()
	return records, cmp.Or(errs...)
}

// lookUpHosts gives the targets of servers, in their order, each only once.
func (s *search) lookUpHosts(ctx context.Context, servers []server) ([]transport.Target, error) {
	found, errs := make([][]transport.Target, len(servers)), make([]error, len(servers))
	var looking errgroup.Group
	looking.SetLimit(atOnce)
	for i, server := range servers {
		looking.Go(func() error {
			found[i], errs[i] = s.hostOrAddress(ctx, server)
			return nil
		})
	}
	_ = looking.Wait()
	var targets []transport.Target
	for _, target := range slices.Concat(found...) {
		if !slices.Contains(targets, target) {
			targets = append(targets, target)
		}
	}
	return targets, cmp.Or(errs...)
}

// hostOrAddress takes an address where a name belongs, which some write into their SRV records.
func (s *search) hostOrAddress(ctx context.Context, server server) ([]transport.Target, error) {
	if address, err := netip.ParseAddr(server.name); err == nil {
		return s.at([]netip.Addr{address.Unmap()}, server.word, server.port), nil
	}
	return s.host(ctx, server.name, server.word, server.port)
}
