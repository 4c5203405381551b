package upstream

import (
	"context"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/locate"
	"sipbridge/sipua/transport"
)

// Domain has servers: a domain of others, or a trunk.
type Domain struct {
	// Name is unique; several names may have one server.
	Name string
	// NextHops are the SIP URIs of its servers, at least one; each is located by RFC 3263.
	NextHops []sip.Uri
}

// isNumeric tells whether no DNS is asked for its servers.
func (d Domain) isNumeric() bool {
	return !slices.ContainsFunc(d.NextHops, func(hop sip.Uri) bool {
		_, err := netip.ParseAddr(strings.Trim(hop.Host, "[]"))
		return err != nil
	})
}

// Finder finds servers and asks them; *failover.Servers is one.
type Finder interface {
	// LocateAll gives the servers of next hops, and why there are no more.
	LocateAll(ctx context.Context, nextHops []sip.Uri, affinity string) ([]transport.Target, error)
	// SendTo sends a request to one server and waits for the final response: for as long as limit, but without any
	// response only for silence.
	SendTo(target transport.Target, silence, limit time.Duration, build func(transport.Flow) *sip.Request,
	) (*sip.Response, error)
	// NoteBusy notes that a server answered 503.
	NoteBusy(target transport.Target, response *sip.Response)
}

// Options configure Servers. All are needed.
type Options struct {
	// Domains have the servers.
	Domains []Domain
	// Finder finds and asks them.
	Finder Finder
	// Blacklist has those that are tried last.
	Blacklist *locate.Blacklist
	// Probe is how often they are asked whether they are there; 0 means never.
	Probe time.Duration
	// Accept is what probes say about the bodies that we read.
	Accept string
	// Closing is closed when nobody is to be waited for any more.
	Closing <-chan struct{}
	// Log must not be nil.
	Log *slog.Logger
}

// Servers are all that we use. They are safe for concurrent use.
type Servers struct {
	options Options

	mu        sync.Mutex
	addresses map[netip.AddrPort]server // guarded by mu
	// targets has the same by the names of domains, of which several may have one server.
	targets map[string][]transport.Target // guarded by mu
}

// server is one address.
type server struct {
	domain string
	target transport.Target
}

// New makes Servers. Those that no DNS is asked for are known at once, before the first request comes.
func New(options Options) *Servers {
	s := &Servers{
		options:   options,
		addresses: make(map[netip.AddrPort]server), targets: make(map[string][]transport.Target),
	}
	s.lookUp(context.Background(), slices.DeleteFunc(slices.Clone(options.Domains), func(domain Domain) bool {
		return !domain.isNumeric()
	}))
	return s
}

// refreshInterval is how often the names of servers are looked up again.
const refreshInterval = time.Minute

// Watch keeps the addresses of servers fresh until ctx ends.
func (s *Servers) Watch(ctx context.Context) {
	ticker := time.NewTicker(refreshInterval)
	defer ticker.Stop()
	for {
		s.LookUp(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// LookUp finds all servers once.
func (s *Servers) LookUp(ctx context.Context) { s.lookUp(ctx, s.options.Domains) }

// lookUp looks up all at once, so that one whose DNS is slow delays no other.
func (s *Servers) lookUp(ctx context.Context, domains []Domain) {
	var looking sync.WaitGroup
	for _, domain := range domains {
		looking.Go(func() {
			targets, err := s.options.Finder.LocateAll(ctx, domain.NextHops, "")
			if err != nil && ctx.Err() == nil {
				s.options.Log.Warn("upstream server not found", "domain", domain.Name, "error", err)
			}
			if len(targets) > 0 {
				s.set(domain.Name, targets)
			}
		})
	}
	looking.Wait()
}

// set replaces the addresses of a domain. One that is not found this time keeps those it had.
func (s *Servers) set(domain string, targets []transport.Target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.targets[domain] = targets
	maps.DeleteFunc(s.addresses, func(_ netip.AddrPort, old server) bool { return old.domain == domain })
	for _, target := range targets {
		s.addresses[target.Address] = server{domain: domain, target: target}
	}
}

// IsAt tells whether a flow leads to a server of a domain, or comes from it.
func (s *Servers) IsAt(domain string, flow transport.Flow) bool {
	remote := remoteOf(flow)
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.targets[domain], func(target transport.Target) bool {
		if target.Address == remote {
			return true
		}
		return flow.Done() != nil && target.Address.Addr() == remote.Addr() && target.Transport == flow.Transport()
	})
}

// Of gives the domain whose server a flow comes from. On UDP it speaks from its own port; a TCP connection of its
// making has any port, so there the host counts. A browser is no server, wherever it is.
func (s *Servers) Of(flow transport.Flow) (domain string, ok bool) {
	if transport.FromBrowser(flow) {
		return "", false
	}
	remote := remoteOf(flow)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.addresses[remote]; ok {
		return known.domain, true
	}
	if flow.Done() == nil {
		return "", false
	}
	for address, known := range s.addresses {
		if address.Addr() == remote.Addr() && known.target.Transport == flow.Transport() {
			return known.domain, true
		}
	}
	return "", false
}

func remoteOf(flow transport.Flow) netip.AddrPort {
	return netip.AddrPortFrom(flow.RemoteAddr().Addr().Unmap(), flow.RemoteAddr().Port())
}

// all gives every known server, sorted by domain and address.
func (s *Servers) all() []server {
	s.mu.Lock()
	defer s.mu.Unlock()
	servers := slices.Collect(maps.Values(s.addresses))
	slices.SortFunc(servers, func(a, b server) int {
		if order := strings.Compare(a.domain, b.domain); order != 0 {
			return order
		}
		return a.target.Address.Compare(b.target.Address)
	})
	return servers
}
