package digest

import (
	"sync"
	"time"
)

const (
	maxSuspects = 10_000
	// manyNames and manySources times the failures that lock a name at one source are too many for a source, whatever
	// the names, and for a name, whatever the sources.
	manyNames   = 10
	manySources = 4
)

// Guard slows down those who guess passwords. It counts failed tries of each name at each source, whether there is
// such a user or not, and locks the two for a while after too many.
//
// Who tries many names from one source is locked out with all of them, but for names that were proved there before:
// a whole office may share an address. A name that is tried from many sources is never locked as such, or guessing
// would keep its user out; sources where it was not proved before then have a single try instead of several.
//
// Memory is bounded: of each kind the latest 10 000 are remembered. A Guard is safe for concurrent use.
type Guard struct {
	tries int
	lock  time.Duration

	mu      sync.Mutex
	pairs   *table[suspectKey, suspect]  // guarded by mu
	sources *table[string, suspect]      // guarded by mu
	names   *table[string, suspect]      // guarded by mu
	proved  *table[suspectKey, struct{}] // guarded by mu; where a name was proved
}

type suspectKey struct{ user, source string }

type suspect struct {
	failures int
	until    time.Time // locked till then
	last     time.Time
}

// NewGuard locks a name at a source for the time of lock after so many tries.
func NewGuard(tries int, lock time.Duration) *Guard {
	return &Guard{
		tries: tries, lock: lock,
		pairs:   newTable[suspectKey, suspect](maxSuspects),
		sources: newTable[string, suspect](maxSuspects),
		names:   newTable[string, suspect](maxSuspects),
		proved:  newTable[suspectKey, struct{}](maxSuspects),
	}
}

// Locked is how long a name may not be tried from a source, zero if it may.
func (g *Guard) Locked(user, source string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := suspectKey{user, source}
	left := g.pairs.get(key).left(now)
	if g.proved.get(key) == nil {
		left = max(left, g.sources.get(source).left(now))
	}
	return left
}

// Fail counts a failed try and reports whether the name is locked at the source by it. What was quiet for ten times
// the lock starts anew; before that, each further failure locks again.
func (g *Guard) Fail(user, source string, now time.Time) (locked bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key, tries := suspectKey{user, source}, g.tries
	known := g.proved.get(key) != nil
	if !known && g.names.get(user).left(now) > 0 {
		tries = 1
	}
	locked = fail(g, g.pairs, key, tries, now)
	// A phone that goes on with a wrong password does not lock its neighbours out.
	if !known && g.pairs.get(key).failures <= g.tries {
		locked = fail(g, g.sources, source, manyNames*g.tries, now) || locked
		fail(g, g.names, user, manySources*g.tries, now)
	}
	return locked
}

// fail counts in one of the tables. The caller holds mu.
func fail[K comparable](g *Guard, in *table[K, suspect], key K, tries int, now time.Time) (locked bool) {
	known := in.get(key)
	if known == nil {
		known = new(suspect)
		in.add(key, known)
	}
	if now.Sub(known.last) > 10*g.lock {
		known.failures = 0
	}
	in.touch(key)
	known.failures++
	known.last = now
	if known.failures < tries {
		return false
	}
	known.until = now.Add(g.lock)
	return true
}

// left is how long a lock still lasts. nil was never locked.
func (s *suspect) left(now time.Time) time.Duration {
	if s == nil {
		return 0
	}
	return max(s.until.Sub(now), 0)
}

// Succeed clears the count of a name at a source, and remembers that it was proved there.
func (g *Guard) Succeed(user, source string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := suspectKey{user, source}
	g.pairs.remove(key)
	if g.proved.get(key) == nil {
		g.proved.add(key, &struct{}{})
	}
	g.proved.touch(key)
}
