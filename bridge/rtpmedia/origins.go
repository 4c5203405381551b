package rtpmedia

import (
	"net/netip"
	"slices"
	"sync"
)

// origins are the addresses from which packets of DTLS came while there were no keys. One of them is the party's when a
// handshake has succeeded; which, DTLS does not say.
type origins struct {
	mu   sync.Mutex // guards the following field
	list []netip.AddrPort
}

// add notes an address. Of more than maxPaths none is the only one anyhow.
func (o *origins) add(from netip.AddrPort) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.list) < maxPaths && !slices.Contains(o.list, from) {
		o.list = append(o.list, from)
	}
}

// only gives the one address that may be the party's; it reports false if there are several, or none.
func (o *origins) only(mayBe func(netip.AddrPort) bool) (netip.AddrPort, bool) {
	o.mu.Lock()
	list := slices.Clone(o.list)
	o.mu.Unlock()
	list = slices.DeleteFunc(list, func(from netip.AddrPort) bool { return !mayBe(from) })
	if len(list) != 1 {
		return netip.AddrPort{}, false
	}
	return list[0], true
}
