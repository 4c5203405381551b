package admission

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rates bounds how often something is done by each user on all his devices together, or to each. It is safe for
// concurrent use.
type Rates struct {
	perSecond float64
	atOnce    int

	mu       sync.Mutex
	limiters map[string]*rate.Limiter // guarded by mu; by "name@domain"
	tidied   time.Time                // guarded by mu
}

// NewRates lets each user have so many in the long run, and so many at once.
func NewRates(perSecond float64, atOnce int) *Rates {
	return &Rates{perSecond: perSecond, atOnce: atOnce, limiters: make(map[string]*rate.Limiter)}
}

// Allow counts a request of a user, or to him, and tells whether it may be served.
func (u *Rates) Allow(user string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now.Sub(u.tidied) > time.Minute {
		u.tidied = now
		maps.DeleteFunc(u.limiters, func(_ string, limiter *rate.Limiter) bool {
			return limiter.TokensAt(now) >= float64(u.atOnce) // it knows no more than a new one
		})
	}
	limiter, ok := u.limiters[user]
	if !ok {
		limiter = rate.NewLimiter(rate.Limit(u.perSecond), u.atOnce)
		u.limiters[user] = limiter
	}
	return limiter.AllowN(now, 1)
}
