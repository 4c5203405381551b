package transport

import (
	"net/netip"
	"sync"
	"time"

	"sipbridge/source"
)

// limitedSources is how many sources a limit remembers at least.
const limitedSources = 10000

// SourceLimiter limits how often each source address may do something, in bounded memory however many
// sources there are. Package source says what is one. It is safe for concurrent use.
type SourceLimiter struct {
	perSecond float64
	burst     float64
	size      int

	mu      sync.Mutex // guards the following fields
	current map[netip.Addr]bucket
	old     map[netip.Addr]bucket // the generation before; what is used moves to current
}

// bucket holds the tokens that were left at a time.
type bucket struct {
	tokens float64
	at     time.Time
}

// NewSourceLimiter allows each source burst actions at once and perSecond of them in the long run. It
// remembers between size and twice size sources; one that is forgotten starts afresh.
func NewSourceLimiter(perSecond float64, burst, size int) *SourceLimiter {
	return &SourceLimiter{
		perSecond: perSecond, burst: float64(burst), size: size,
		current: make(map[netip.Addr]bucket), old: nil,
	}
}

// Allow says whether the source of an address may act once more at now, and counts that it did.
func (l *SourceLimiter) Allow(from netip.Addr, now time.Time) bool {
	key := source.Of(from)
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.current[key]
	if !known {
		if b, known = l.old[key]; !known {
			b = bucket{tokens: l.burst, at: now}
		}
		if len(l.current) >= l.size {
			l.old, l.current = l.current, make(map[netip.Addr]bucket)
		}
	}
	if now.After(b.at) {
		b.tokens = min(l.burst, b.tokens+now.Sub(b.at).Seconds()*l.perSecond)
		b.at = now
	}
	allowed := b.tokens >= 1
	if allowed {
		b.tokens--
	}
	l.current[key] = b
	return allowed
}
