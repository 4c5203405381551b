package sipua

import "sync"

// relayPaths remembers which upstream servers have Path (RFC 3327).
type relayPaths struct {
	mu      sync.Mutex
	domains map[string]bool // guarded by mu; by domain, which are those of the configuration
}

func newRelayPaths() *relayPaths { return &relayPaths{domains: make(map[string]bool)} }

func (p *relayPaths) has(domain string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.domains[domain]
}

func (p *relayPaths) set(domain string, has bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.domains[domain] = has
}
