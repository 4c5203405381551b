package nat

import (
	"net/netip"
	"slices"
)

func (a *Addresses) mappings() []mapping {
	if known := a.found.Load(); known != nil {
		return *known
	}
	return nil
}

// foundFor is the address that was found for a socket of ours at a local address; an invalid one if the socket is seen
// where it is. For an address that was not asked for, it is the first one that was found of the peer's family.
func (a *Addresses) foundFor(local, peer netip.Addr) netip.Addr {
	var first netip.Addr
	for _, known := range a.mappings() {
		outside := known.outside.Addr()
		switch {
		case outside.Is4() != peer.Is4():
		case known.local.Addr() == local && !known.translated():
			return netip.Addr{}
		case known.local.Addr() == local:
			return outside
		case !first.IsValid() && known.translated():
			first = outside
		}
	}
	return first
}

// learn notes where a socket is seen from outside, and gives where it was before. Only one goroutine learns.
func (a *Addresses) learn(local, outside netip.AddrPort) (before netip.AddrPort) {
	known := slices.Clone(a.mappings())
	at := slices.IndexFunc(known, func(other mapping) bool { return other.local == local })
	if at < 0 {
		known = append(known, mapping{local: local, outside: local})
		at = len(known) - 1
	}
	before = known[at].outside
	known[at].outside = outside
	a.found.Store(&known)
	return before
}

// isPublic tells whether a peer is out there, on the other side of a NAT, or may be: the unspecified address stands for
// everybody. Who comes from a private address is on our side of it (RFC 1918, RFC 4193, RFC 6598).
func isPublic(peer netip.Addr) bool {
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)
	return peer.IsUnspecified() || peer.IsGlobalUnicast() && !peer.IsPrivate() && !shared.Contains(peer)
}
