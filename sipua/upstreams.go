package sipua

import (
	"sipbridge/sipua/transport"
	"sipbridge/sipua/upstream"
)

// newUpstreams knows the servers of the upstream domains and, as if they were domains, of the trunks.
func (a *Agent) newUpstreams() *upstream.Servers {
	domains := make([]upstream.Domain, 0, len(a.options.Domains.Upstreams)+len(a.options.Trunks))
	for _, other := range a.options.Domains.Upstreams {
		domains = append(domains, upstream.Domain{Name: other.Domain, NextHops: other.NextHops})
	}
	for _, t := range a.options.Trunks {
		domains = append(domains, upstream.Domain{Name: t.Name(), NextHops: t.NextHops()})
	}
	return upstream.New(upstream.Options{
		Domains: domains, Finder: a.failover, Blacklist: a.options.Blacklist, Probe: a.options.Probe,
		Accept: acceptHeader().Value(), Closing: a.closing, Log: a.log,
	})
}

// Servers gives the servers of all upstream domains and trunks, as the DNS had them lately.
func (a *Agent) Servers() []upstream.State { return a.upstreams.States() }

// isAt tells whether a flow leads to the own addresses of whom credentials are for.
func (a *Agent) isAt(t answerer, flow transport.Flow) bool {
	return !comesBack(flow) && a.upstreams.IsAt(t.Name(), flow)
}
