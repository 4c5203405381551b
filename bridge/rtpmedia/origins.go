package rtpmedia

import (
	"net/netip"
	"slices"
	"sync"
)

// origins are the addresses from which packets of DTLS came while there were no keys. One of them is the party's when a
// handshake has succeeded; which, DTLS does not say.
type origins struct {
	mu   sync.Mutex // guards the following fields
	list []netip.AddrPort
	// many tells that there were more than the list takes.
	many bool
}

// add notes an address, one of maxPaths at most.
func (o *origins) add(from netip.AddrPort) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case slices.Contains(o.list, from):
	case len(o.list) == maxPaths:
		o.many = true
	default:
		o.list = append(o.list, from)
	}
}

// only gives the one address that may be the party's. It reports false if there are several, or none, or so many came
// that one may have been left out.
func (o *origins) only(mayBe func(netip.AddrPort) bool) (netip.AddrPort, bool) {
	o.mu.Lock()
	list, many := slices.Clone(o.list), o.many
	o.mu.Unlock()
	list = slices.DeleteFunc(list, func(from netip.AddrPort) bool { return !mayBe(from) })
	if many || len(list) != 1 {
		return netip.AddrPort{}, false
	}
	return list[0], true
}
