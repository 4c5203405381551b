package nat

import "net/netip"

func (a *Addresses) mappings() []mapping {
	if known := a.found.Load(); known != nil {
		return *known
	}
	return nil
}

// foundFor is the address that was found of a peer's family.
func (a *Addresses) foundFor(peer netip.Addr) netip.Addr {
	for _, known := range a.mappings() {
		if outside := known.outside.Addr(); outside.Is4() == peer.Is4() {
			return outside
		}
	}
	return netip.Addr{}
}

// learn notes where a socket is seen from outside, and gives where it was before. One that is seen where it is needs no
// note. Only one goroutine learns.
func (a *Addresses) learn(local, outside netip.AddrPort) (before netip.AddrPort) {
	before = local
	var known []mapping
	for _, other := range a.mappings() {
		if other.local != local {
			known = append(known, other)
			continue
		}
		before = other.outside
	}
	if outside != local {
		known = append(known, mapping{local: local, outside: outside})
	}
	a.found.Store(&known)
	return before
}

// isPublic tells whether a peer is out there, on the other side of a NAT, or may be: the unspecified address stands for
// everybody. Who comes from a private address is on our side of it (RFC 1918, RFC 4193, RFC 6598).
func isPublic(peer netip.Addr) bool {
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)
	return peer.IsUnspecified() || peer.IsGlobalUnicast() && !peer.IsPrivate() && !shared.Contains(peer)
}
