package resolver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"
	"golang.org/x/sync/singleflight"
)

// ErrFailed is why nothing was learned: no server gave a usable answer. That a name does not exist is no error.
var ErrFailed = errors.New("resolver: no usable answer")

// NAPTR is a naming authority pointer (RFC 3403 section 4.1) without regular expression.
type NAPTR struct {
	// Order and Preference sort the records, lower ones first.
	Order, Preference uint16
	// Flags say what Replacement is looked up for: "s" for SRV, "a" for addresses. Lower-case.
	Flags string
	// Service is such as "SIP+D2U". Upper-case.
	Service string
	// Replacement is a name without a dot at its end.
	Replacement string
}

// Resolver answers from its cache, else from the DNS. It is safe for concurrent use and has no goroutine of its own.
type Resolver struct {
	options Options
	servers []string
	search  *dns.ClientConfig
	hosts   *hosts
	cache   *cache
	flights singleflight.Group
	counts  counters
}

type counters struct{ asked, failed, stale atomic.Uint64 }

// Stats is a snapshot of what a Resolver did.
type Stats struct {
	// Asked counts the questions that the cache could not answer, Failed those of them without a usable answer, Stale
	// the answers given although their time was over.
	Asked, Failed, Stale uint64
	// Answers is the size of the cache.
	Answers int
}

// New makes a resolver. The system's servers are read once.
func New(options Options) *Resolver {
	options = options.withDefaults()
	r := &Resolver{
		options: options, servers: options.Servers, search: options.system(),
		hosts: newHosts(options.HostsFile, options.Now), cache: newCache(),
	}
	if len(r.servers) == 0 {
		for _, server := range r.search.Servers {
			r.servers = append(r.servers, net.JoinHostPort(server, r.search.Port))
		}
	}
	return r
}

// Stats counts since the start.
func (r *Resolver) Stats() Stats {
	return Stats{
		Asked: r.counts.asked.Load(), Failed: r.counts.failed.Load(), Stale: r.counts.stale.Load(),
		Answers: r.cache.size(),
	}
}

// NAPTR gives the pointers of a name; none if there are none.
func (r *Resolver) NAPTR(ctx context.Context, name string) ([]NAPTR, error) {
	records, err := r.ask(ctx, name, dns.TypeNAPTR)
	var found []NAPTR
	for _, record := range records {
		pointer, ok := record.(*dns.NAPTR)
		if !ok || pointer.Regexp != "" { // RFC 3263 section 4.1 has only replacements
			continue
		}
		found = append(found, NAPTR{
			Order: pointer.Order, Preference: pointer.Preference,
			Flags: strings.ToLower(pointer.Flags), Service: strings.ToUpper(pointer.Service),
			Replacement: plainName(pointer.Replacement),
		})
	}
	return found, err
}

// SRV gives the servers of a service, such as "_sip._udp.example.com", in no order; none if there are none. One whose
// Target is empty says that the service is not offered (RFC 2782).
func (r *Resolver) SRV(ctx context.Context, name string) ([]net.SRV, error) {
	records, err := r.ask(ctx, name, dns.TypeSRV)
	var found []net.SRV
	for _, record := range records {
		server, ok := record.(*dns.SRV)
		if !ok || server.Port == 0 && plainName(server.Target) != "" {
			continue
		}
		found = append(found, net.SRV{
			Target: plainName(server.Target), Port: server.Port, Priority: server.Priority, Weight: server.Weight,
		})
	}
	return found, err
}

// Addresses gives the addresses of a host, those of IPv4 first; none if there are none. Like the system it looks
// first into the file of hosts, and completes a name by the system's search list.
func (r *Resolver) Addresses(ctx context.Context, name string) ([]netip.Addr, error) {
	if known := r.hosts.find(name); len(known) > 0 {
		return known, nil
	}
	if isLocalhost(name) {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	for _, candidate := range r.search.NameList(name) {
		found, err := r.bothFamilies(ctx, candidate)
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// isLocalhost tells the names that never leave this machine (RFC 6761 section 6.3).
func isLocalhost(name string) bool {
	name = plainName(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// bothFamilies asks for A and AAAA at once. An error of one does not count if the other brought something.
func (r *Resolver) bothFamilies(ctx context.Context, name string) ([]netip.Addr, error) {
	var six []dns.RR
	var sixErr error
	var asking sync.WaitGroup
	asking.Go(func() { six, sixErr = r.ask(ctx, name, dns.TypeAAAA) })
	four, fourErr := r.ask(ctx, name, dns.TypeA)
	asking.Wait()
	found := append(addressesOf(four), addressesOf(six)...)
	if len(found) > 0 {
		return found, nil
	}
	return nil, errors.Join(fourErr, sixErr)
}

// addressesOf leaves out what is no address of a host.
func addressesOf(records []dns.RR) []netip.Addr {
	found := make([]netip.Addr, 0, len(records))
	for _, record := range records {
		var address netip.Addr
		switch record := record.(type) {
		case *dns.A:
			address, _ = netip.AddrFromSlice(record.A.To4())
		case *dns.AAAA:
			address, _ = netip.AddrFromSlice(record.AAAA)
		}
		address = address.Unmap()
		if address.IsValid() && !address.IsUnspecified() && !address.IsMulticast() {
			found = append(found, address)
		}
	}
	return found
}

// plainName is a name in lower case without the dot at its end.
func plainName(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
