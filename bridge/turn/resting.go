package turn

import (
	"maps"
	"net/netip"
	"sync"
	"time"
)

// rest is how long the port of a relay that has ended is not used again.
const rest = 5 * time.Second

// resting are such ports. Its methods may be called from any goroutine.
type resting struct {
	mu    sync.Mutex // guards until
	until map[netip.AddrPort]time.Time
}

func newResting() *resting { return &resting{until: make(map[netip.AddrPort]time.Time)} }

// add has a port rest from now on, and forgets those that have rested.
func (r *resting) add(port netip.AddrPort) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.until, func(_ netip.AddrPort, until time.Time) bool { return !now.Before(until) })
	r.until[port] = now.Add(rest)
}

func (r *resting) has(port netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.until[port])
}
