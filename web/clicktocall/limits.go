package clicktocall

import (
	"maps"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxLimiters bounds the memory of limits. When it is reached all others share one limiter.
const maxLimiters = 10_000

// limits holds each of many to a rate.
type limits struct {
	every time.Duration
	burst int

	mu       sync.Mutex
	limiters map[string]*rate.Limiter // guarded by mu
	tidied   time.Time                // guarded by mu
}

// newLimits allows each a burst, and then one in every so long.
func newLimits(every time.Duration, burst int) *limits {
	return &limits{every: every, burst: burst, limiters: make(map[string]*rate.Limiter)}
}

// allow counts one of whom, and tells whether it may be.
func (l *limits) allow(whom string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.tidied) > time.Minute {
		l.tidied = now
		maps.DeleteFunc(l.limiters, func(_ string, limiter *rate.Limiter) bool {
			return limiter.TokensAt(now) >= float64(l.burst) // it knows no more than a new one
		})
	}
	if len(l.limiters) >= maxLimiters && l.limiters[whom] == nil {
		whom = ""
	}
	limiter, ok := l.limiters[whom]
	if !ok {
		limiter = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.limiters[whom] = limiter
	}
	return limiter.AllowN(now, 1)
}

// source gives the address that a request comes from.
func source(r *http.Request) netip.Addr {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return from.Addr().Unmap().WithZone("")
}

// local is the address of ours that a request came to; an invalid one if it came by no network.
func local(r *http.Request) netip.Addr {
	at, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if at == nil {
		return netip.Addr{}
	}
	return at.AddrPort().Addr().Unmap().WithZone("")
}
