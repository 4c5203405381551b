package turn

import (
	"net"
	"net/netip"
	"sync"
)

// quota counts relays. Its methods may be called from any goroutine.
type quota struct {
	perUser, perSource, most int

	mu       sync.Mutex // guards the following fields
	byUser   map[string]int
	bySource map[netip.Addr]int
	all      int
}

func newQuota(options Options) *quota {
	return &quota{
		perUser: options.PerUser, perSource: options.PerSource, most: options.Most,
		byUser: make(map[string]int), bySource: make(map[netip.Addr]int),
	}
}

// has tells whether there is room for one more.
func (q *quota) has(user string, from net.Addr) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.all < q.most && q.byUser[user] < q.perUser && q.bySource[sourceOf(from)] < q.perSource
}

// change counts one more, or one less.
func (q *quota) change(user string, from net.Addr, by int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.all += by
	add(q.byUser, user, by)
	add(q.bySource, sourceOf(from), by)
}

func (q *quota) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.all
}

func add[Key comparable](counts map[Key]int, key Key, by int) {
	if counts[key] += by; counts[key] <= 0 {
		delete(counts, key)
	}
}

// addressOf gives the address of a peer; an invalid one if it has none.
func addressOf(peer net.Addr) netip.AddrPort {
	var at netip.AddrPort
	switch peer := peer.(type) {
	case *net.UDPAddr:
		at = peer.AddrPort()
	case *net.TCPAddr:
		at = peer.AddrPort()
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// sourceOf is what counts as one source: an IPv4 address, or an IPv6 network of 64 bits.
func sourceOf(peer net.Addr) netip.Addr {
	address := addressOf(peer).Addr()
	if !address.Is6() {
		return address
	}
	network, _ := address.Prefix(64)
	return network.Addr()
}
