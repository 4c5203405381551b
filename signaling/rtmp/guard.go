package rtmp

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// guardTries is how many wrong passwords an address may send within guardTime.
	guardTries = 10
	guardTime  = time.Minute
	// guardSize is how many addresses are remembered.
	guardSize = 4096
)

// guard slows down who tries passwords.
type guard struct {
	// mu guards what follows.
	mu       sync.Mutex
	suspects map[netip.Addr]suspect
}

// suspect is an address that sent wrong passwords.
type suspect struct {
	tries int
	since time.Time
}

func newGuard() *guard { return &guard{suspects: make(map[netip.Addr]suspect)} }

// locked tells whether nothing that an address says is believed now.
func (g *guard) locked(address netip.Addr, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.suspects[address]
	return known.tries >= guardTries && now.Sub(known.since) < guardTime
}

// fail counts a wrong password.
func (g *guard) fail(address netip.Addr, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known, ok := g.suspects[address]
	if !ok && len(g.suspects) >= guardSize {
		g.forgetOne(now)
	}
	if now.Sub(known.since) >= guardTime {
		known = suspect{since: now}
	}
	known.tries++
	g.suspects[address] = known
}

// forgetOne makes room: of some addresses the one that is known longest goes. The caller holds mu.
func (g *guard) forgetOne(now time.Time) {
	const looked = 16
	var oldest netip.Addr
	since, left := now.Add(time.Hour), looked
	for address, known := range g.suspects {
		if known.since.Before(since) {
			oldest, since = address, known.since
		}
		if left--; left == 0 {
			break
		}
	}
	delete(g.suspects, oldest)
}
