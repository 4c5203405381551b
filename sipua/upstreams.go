package sipua

import (
	"context"
	"maps"
	"net/netip"
	"sync"
	"time"

	"sipbridge/sipua/transport"
)

// upstreamAddresses knows which addresses the upstream servers have, so that calls from them are known.
type upstreamAddresses struct {
	mu        sync.Mutex
	addresses map[netip.AddrPort]Upstream // guarded by mu
}

// upstreamRefresh is how often the names of upstream servers are looked up again.
const upstreamRefresh = time.Minute

// watchUpstreams keeps the addresses of upstream servers fresh until ctx ends.
func (a *Agent) watchUpstreams(ctx context.Context) {
	ticker := time.NewTicker(upstreamRefresh)
	defer ticker.Stop()
	for {
		a.lookUpUpstreams(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (a *Agent) lookUpUpstreams(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookupPatience)
	defer cancel()
	for _, upstream := range a.options.Domains.Upstreams {
		addresses, err := resolve(ctx, upstream.NextHop)
		if err != nil {
			a.log.Warn("upstream server not found", "domain", upstream.Domain, "error", err)
			continue
		}
		a.upstreams.set(upstream, addresses)
	}
}

// set replaces the addresses of a server. One that is not found this time keeps those it had.
func (u *upstreamAddresses) set(upstream Upstream, addresses []netip.AddrPort) {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.DeleteFunc(u.addresses, func(_ netip.AddrPort, old Upstream) bool { return old.Domain == upstream.Domain })
	for _, address := range addresses {
		u.addresses[address] = upstream
	}
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
	if upstream, ok := a.upstreams.addresses[remote]; ok {
		return upstream, true
	}
	if flow.Done() == nil {
		return Upstream{}, false
	}
	for address, upstream := range a.upstreams.addresses {
		if address.Addr() == remote.Addr() && transportOf(upstream.NextHop) == flow.Transport() {
			return upstream, true
		}
	}
	return Upstream{}, false
}
