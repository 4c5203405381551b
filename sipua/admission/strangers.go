package admission

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"sipbridge/sipua/transport"
)

const (
	// maxStrangers is how many transactions there may be before nobody is served any more but those we know. An INVITE
	// keeps one for half a minute.
	maxStrangers = 1 << 14
	// defaultStrangerCalls is the rate of calls that strangers may begin, a second.
	defaultStrangerCalls = 20
	// strangerShare is the part of it that is for one source, and for one callee, strangerBurst how many seconds of it
	// may come at once, strangerSources how many sources are remembered.
	strangerShare, strangerBurst, strangerSources = 0.2, 5, 10_000
)

// strangers bounds the calls that begin from whoever has proved nothing: nobody can ring a user without end, or keep us
// from serving those we know.
type strangers struct {
	sources *transport.SourceLimiter
	all     *rate.Limiter
	callees *Rates
}

// newStrangers allows so many calls a second.
func newStrangers(perSecond float64) strangers {
	burst, share := max(int(strangerBurst*perSecond), 1), perSecond*strangerShare
	shareBurst := max(int(strangerBurst*share), 1)
	return strangers{
		sources: transport.NewSourceLimiter(share, shareBurst, strangerSources),
		all:     rate.NewLimiter(rate.Limit(perSecond), burst),
		callees: NewRates(share, shareBurst),
	}
}

// admit tells whether another call may begin. A source that asks too much uses up nothing that others have, and who is
// called is only remembered of calls that may begin.
func (s strangers) admit(from netip.Addr, callee string, now time.Time) bool {
	return s.sources.Allow(from, now) && s.all.AllowN(now, 1) && s.callees.Allow(callee, now)
}
