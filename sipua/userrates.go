package sipua

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one user may ask for outside calls: messages, subscriptions, publications, in the long run and at once.
const (
	requestsPerSecond = 5
	requestsAtOnce    = 25
)

// How many names of a user's phones are looked up, in the long run and at once.
const (
	namesPerSecond = 0.5
	namesAtOnce    = 10
)

// userRates bounds how often something is done by each user on all his devices together, or to each.
type userRates struct {
	perSecond float64
	atOnce    int

	mu       sync.Mutex
	limiters map[string]*rate.Limiter // guarded by mu; by "name@domain"
	tidied   time.Time                // guarded by mu
}

func newUserRates(perSecond float64, atOnce int) *userRates {
	return &userRates{perSecond: perSecond, atOnce: atOnce, limiters: make(map[string]*rate.Limiter)}
}

// allow counts a request of a user, or to him, and tells whether it may be served.
func (u *userRates) allow(user string, now time.Time) bool {
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
