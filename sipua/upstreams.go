package sipua

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// upstreamAddresses knows which addresses the upstream servers have, so that calls from them are known.
type upstreamAddresses struct {
	mu        sync.Mutex
	addresses map[netip.AddrPort]serverAddress // guarded by mu
	// targets has the same by the names of domains and trunks, of which several may have one server.
	targets map[string][]transport.Target // guarded by mu
}

// serverAddress is one address of an upstream server.
type serverAddress struct {
	upstream Upstream
	target   transport.Target
}

// upstreamRefresh is how often the names of upstream servers are looked up again.
const upstreamRefresh = time.Minute

// watchUpstreams keeps the addresses of upstream servers fresh until ctx ends.
func (a *Agent) watchUpstreams(ctx context.Context) {
	ticker := time.NewTicker(upstreamRefresh)
	defer ticker.Stop()
	for {
		a.lookUpUpstreams(ctx, a.servers())
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// lookUpUpstreams looks all servers up at once, so that one whose DNS is slow delays no other.
func (a *Agent) lookUpUpstreams(ctx context.Context, servers []Upstream) {
	var looking sync.WaitGroup
	for _, upstream := range servers {
		looking.Go(func() {
			targets, err := a.failover.LocateAll(ctx, upstream.NextHops, "")
			if err != nil && ctx.Err() == nil {
				a.log.Warn("upstream server not found", "domain", upstream.Domain, "error", err)
			}
			if len(targets) > 0 {
				a.upstreams.set(upstream, targets)
			}
		})
	}
	looking.Wait()
}

// servers are those of the upstream domains and, as if they were domains, the trunks.
func (a *Agent) servers() []Upstream {
	servers := slices.Clone(a.options.Domains.Upstreams)
	for _, t := range a.options.Trunks {
		servers = append(servers, Upstream{Domain: t.Name(), NextHops: t.NextHops()})
	}
	return servers
}

// numericServers are those that no DNS is asked for: they are known before the first request comes.
func (a *Agent) numericServers() []Upstream {
	return slices.DeleteFunc(a.servers(), func(server Upstream) bool {
		return slices.ContainsFunc(server.NextHops, func(hop sip.Uri) bool {
			_, err := netip.ParseAddr(strings.Trim(hop.Host, "[]"))
			return err != nil
		})
	})
}

// set replaces the addresses of a server. One that is not found this time keeps those it had.
func (u *upstreamAddresses) set(upstream Upstream, targets []transport.Target) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.targets[upstream.Domain] = targets
	maps.DeleteFunc(u.addresses, func(_ netip.AddrPort, old serverAddress) bool {
		return old.upstream.Domain == upstream.Domain
	})
	for _, target := range targets {
		u.addresses[target.Address] = serverAddress{upstream: upstream, target: target}
	}
}

// isAt tells whether a flow leads to a server of a domain or trunk, or comes from it.
func (u *upstreamAddresses) isAt(name string, flow transport.Flow) bool {
	remote := netip.AddrPortFrom(flow.RemoteAddr().Addr().Unmap(), flow.RemoteAddr().Port())
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.ContainsFunc(u.targets[name], func(target transport.Target) bool {
		if target.Address == remote {
			return true
		}
		return flow.Done() != nil && target.Address.Addr() == remote.Addr() && target.Transport == flow.Transport()
	})
}

// fromUpstream tells which upstream server a flow comes from. On UDP it speaks from its own port; a TCP
// connection of its making has any port, so there the host counts.
func (a *Agent) fromUpstream(flow transport.Flow) (Upstream, bool) {
	if comesBack(flow) {
		return Upstream{}, false
	}
	remote := netip.AddrPortFrom(flow.RemoteAddr().Addr().Unmap(), flow.RemoteAddr().Port())
	a.upstreams.mu.Lock()
	defer a.upstreams.mu.Unlock()
	if known, ok := a.upstreams.addresses[remote]; ok {
		return known.upstream, true
	}
	if flow.Done() == nil {
		return Upstream{}, false
	}
	for address, known := range a.upstreams.addresses {
		if address.Addr() == remote.Addr() && known.target.Transport == flow.Transport() {
			return known.upstream, true
		}
	}
	return Upstream{}, false
}
