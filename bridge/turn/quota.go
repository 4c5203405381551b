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

// has tells whether there is room for one more. It keeps none: see take.
func (q *quota) has(user string, from net.Addr) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.roomFor(user) && q.bySource[sourceOf(from)] < q.perSource
}

// roomFor is called with mu held.
func (q *quota) roomFor(user string) bool { return q.all < q.most && q.byUser[user] < q.perUser }

// take counts one more of a user; false if it is one too many.
func (q *quota) take(user string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.roomFor(user) {
		return false
	}
	q.all++
	q.byUser[user]++
	return true
}

// give counts one less.
func (q *quota) give(user string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.all--
	add(q.byUser, user, -1)
}

// changeSource counts one more of a source, or one less. Those that a source asks for at the same moment, by several
// connections, may get past has together; take holds them.
func (q *quota) changeSource(from net.Addr, by int) {
	q.mu.Lock()
	defer q.mu.Unlock()
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
