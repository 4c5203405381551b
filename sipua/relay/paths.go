package relay

import "sync"

// paths remembers which upstream servers have Path (RFC 3327).
type paths struct {
	mu      sync.Mutex
	domains map[string]bool // guarded by mu; by domain, which are those of the configuration
}

func newPaths() *paths { return &paths{domains: make(map[string]bool)} }

func (p *paths) has(domain string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.domains[domain]
}

func (p *paths) set(domain string, has bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.domains[domain] = has
}
