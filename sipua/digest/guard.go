package digest

import (
	"sync"
	"time"
)

const maxSuspects = 10_000

// guard counts failed tries per user name and source, whether such a user exists or not, and locks the pair for
// a while after too many. A right answer clears the count.
type guard struct {
	tries int
	lock  time.Duration

	mu       sync.Mutex
	suspects *table[suspectKey, suspect] // guarded by mu
}

type suspectKey struct{ user, source string }

type suspect struct {
	failures int
	until    time.Time // locked till then
	last     time.Time
}

func newGuard(tries int, lock time.Duration) *guard {
	return &guard{tries: tries, lock: lock, suspects: newTable[suspectKey, suspect](maxSuspects)}
}

// locked is how long the pair stays locked, zero if it isn't.
func (g *guard) locked(user, source string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.suspects.get(suspectKey{user, source})
	if known == nil {
		return 0
	}
	return max(known.until.Sub(now), 0)
}

// fail counts a failed try and reports whether the pair is locked by it. A pair that was quiet for ten times the
// lock starts anew; before that, each further failure locks again.
func (g *guard) fail(user, source string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := suspectKey{user, source}
	known := g.suspects.get(key)
	if known == nil {
		known = new(suspect)
		g.suspects.add(key, known)
	}
	if now.Sub(known.last) > 10*g.lock {
		known.failures = 0
	}
	g.suspects.touch(key)
	known.failures++
	known.last = now
	if known.failures < g.tries {
		return false
	}
	known.until = now.Add(g.lock)
	return true
}

func (g *guard) succeed(user, source string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.suspects.remove(suspectKey{user, source})
}
