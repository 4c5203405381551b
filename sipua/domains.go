package sipua

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/wire"
)

// Domains says which domains the bridge serves itself, and which server is responsible for others.
type Domains struct {
	// Local are served by the embedded registrar. The first also stands for the machine's own addresses.
	Local []string
	// Addresses are the machine's own: a URI with one of them as its host is local too.
	Addresses []netip.Addr
	// Advertised tells of other addresses whether peers are told them as ours, so that they are treated alike; nil for
	// none.
	Advertised func(netip.Addr) bool
	// Upstreams are the domains of other servers.
	Upstreams []Upstream
}

// Upstream is a domain whose requests go to another server.
type Upstream struct {
	// Domain is the host part of its users' addresses.
	Domain string
	// NextHops are the SIP URIs of its servers, at least one, tried in this order; each is located by RFC 3263.
	NextHops []sip.Uri
	// Logins lets the hashes of passwords that browsers send along answer its challenges (see breakerLogin).
	Logins bool
}

// ParseUpstream reads the next hops of a domain.
func ParseUpstream(domain string, nextHops ...string) (Upstream, error) {
	upstream := Upstream{Domain: strings.ToLower(domain)}
	for _, nextHop := range nextHops {
		uri, err := wire.ParseURI(nextHop, wire.StreamLimits())
		if err != nil || uri.Scheme != "sip" && uri.Scheme != "sips" || uri.Host == "" {
			return Upstream{}, fmt.Errorf("next hop %q of domain %s is no SIP URI", nextHop, domain)
		}
		upstream.NextHops = append(upstream.NextHops, uri)
	}
	if len(upstream.NextHops) == 0 {
		return Upstream{}, fmt.Errorf("domain %s has no next hop", domain)
	}
	return upstream, nil
}

// local gives the canonical local domain for a host, if it is one of ours.
func (d Domains) local(host string) (string, bool) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, domain := range d.Local {
		if strings.EqualFold(domain, host) {
			return strings.ToLower(domain), true
		}
	}
	if len(d.Local) == 0 {
		return "", false
	}
	if d.isOwn(host) {
		return strings.ToLower(d.Local[0]), true
	}
	return "", false
}

// isOwn tells whether a host is one of the machine's own addresses, or one that stands for it.
func (d Domains) isOwn(host string) bool {
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	if d.Advertised != nil && d.Advertised(address.Unmap()) {
		return true
	}
	return slices.ContainsFunc(d.Addresses, func(own netip.Addr) bool { return own.Unmap() == address.Unmap() })
}

// Canonical gives the local domain that a host stands for; of other hosts the host itself.
func (d Domains) Canonical(host string) string {
	if domain, ok := d.local(host); ok {
		return domain
	}
	return host
}

// IsLocal tells whether the embedded registrar serves a host.
func (d Domains) IsLocal(host string) bool {
	_, ok := d.local(host)
	return ok
}

// upstream gives the server responsible for a host.
func (d Domains) upstream(host string) (Upstream, bool) {
	for _, upstream := range d.Upstreams {
		if strings.EqualFold(upstream.Domain, strings.TrimSuffix(host, ".")) {
			return upstream, true
		}
	}
	return Upstream{}, false
}
