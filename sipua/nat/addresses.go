package nat

import (
	"net/netip"
	"slices"
	"sync/atomic"
)

// Rule says by which address the peers of a network reach us.
type Rule struct {
	// Network is theirs; an invalid one means everybody who is not on this machine.
	Network netip.Prefix
	// Address is what they are told; an invalid one means the address of our own socket.
	Address netip.Addr
}

// Addresses answers by which address a peer reaches us. Its methods may be called from any goroutine.
type Addresses struct {
	rules []Rule // the most exact first
	found atomic.Pointer[[]mapping]
}

// mapping is what a NAT makes of a socket of ours; the same where there is no NAT.
type mapping struct{ local, outside netip.AddrPort }

func (m mapping) translated() bool { return m.outside != m.local }

// New makes Addresses. Of several rules for a peer the one with the smallest network counts, and of equal ones the
// first whose address is of the peer's family.
func New(rules ...Rule) *Addresses {
	a := &Addresses{}
	for _, rule := range rules {
		a.rules = append(a.rules, Rule{Network: rule.Network.Masked(), Address: rule.Address.Unmap()})
	}
	slices.SortStableFunc(a.rules, func(a, b Rule) int { return b.Network.Bits() - a.Network.Bits() })
	return a
}

// For gives the address that a peer is told instead of a local one of ours; an invalid one for the local one itself.
// Where no rule is for the peer, it is the one that was found, if the peer is out there, too: for the local address if
// that was asked for, else, or where it is invalid, for any of the peer's family.
func (a *Addresses) For(local, peer netip.Addr) netip.Addr {
	peer = peer.Unmap()
	for _, rule := range a.rules {
		if rule.covers(peer) {
			return rule.Address
		}
	}
	if isPublic(peer) {
		return a.foundFor(local.Unmap(), peer)
	}
	return netip.Addr{}
}

// Signalling is where a peer reaches a SIP socket of ours. Of one whose port a NAT changes it is the port out there.
func (a *Addresses) Signalling(transport string, local netip.AddrPort, peer netip.Addr) netip.AddrPort {
	told := a.For(local.Addr(), peer)
	if !told.IsValid() {
		return local
	}
	for _, known := range a.mappings() {
		if transport == "UDP" && known.local == local && known.outside.Addr() == told {
			return known.outside
		}
	}
	return netip.AddrPortFrom(told, local.Port())
}

// ForBrowser gives the addresses that a browser is told as well as our own ones, at most one of each family. Of the
// family in which it does not signal, and behind a proxy on this machine, it is as everybody.
func (a *Addresses) ForBrowser(peer netip.Addr) []netip.Addr {
	var told []netip.Addr
	for _, anyone := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		if peer = peer.Unmap(); peer.Is4() == anyone.Is4() && !peer.IsLoopback() {
			anyone = peer
		}
		if address := a.For(netip.Addr{}, anyone); address.IsValid() {
			told = append(told, address)
		}
	}
	return told
}

// Has tells whether some peer is told an address.
func (a *Addresses) Has(address netip.Addr) bool {
	address = address.Unmap()
	return address.IsValid() && (slices.ContainsFunc(a.rules, func(rule Rule) bool { return rule.Address == address }) ||
		slices.ContainsFunc(a.mappings(), func(known mapping) bool {
			return known.translated() && known.outside.Addr() == address
		}))
}

// All gives every address of the rules, once.
func (a *Addresses) All() []netip.Addr {
	var all []netip.Addr
	for _, rule := range a.rules {
		if rule.Address.IsValid() && !slices.Contains(all, rule.Address) {
			all = append(all, rule.Address)
		}
	}
	return all
}

// covers tells whether a rule is for a peer. Who is on this machine is told loopback, unless a rule is about that.
func (r Rule) covers(peer netip.Addr) bool {
	if r.Address.IsValid() && r.Address.Is4() != peer.Is4() {
		return false
	}
	if peer.IsLoopback() && !r.Network.Addr().IsLoopback() {
		return false
	}
	return !r.Network.IsValid() || r.Network.Contains(peer)
}
