package sipua

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"golang.org/x/time/rate"

	"sipbridge/bridge"
	"sipbridge/bridge/number"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/message"
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
	callees *userRates
	// transactions are how many there may be.
	transactions int
}

// newStrangers allows so many calls a second.
func newStrangers(perSecond float64) strangers {
	burst, share := max(int(strangerBurst*perSecond), 1), perSecond*strangerShare
	shareBurst := max(int(strangerBurst*share), 1)
	return strangers{
		sources: transport.NewSourceLimiter(share, shareBurst, strangerSources),
		all:     rate.NewLimiter(rate.Limit(perSecond), burst),
		callees: newUserRates(share, shareBurst), transactions: maxStrangers,
	}
}

// admit tells whether another call may begin. A source that asks too much uses up nothing that others have, and who is
// called is only remembered of calls that may begin.
func (s strangers) admit(flow transport.Flow, callee string, now time.Time) bool {
	return s.sources.Allow(flow.RemoteAddr().Addr(), now) && s.all.AllowN(now, 1) &&
		s.callees.allow(callee, now)
}

// callee names who is called, "name@domain", the same in whatever way the URI is spelt.
func (a *Agent) callee(uri sip.Uri) string {
	if uri.Scheme == schemeTel {
		return strings.TrimPrefix(message.Unescape(a.home(number.Clean(uri.Raw()), "localhost")), "sip:")
	}
	host := strings.TrimSuffix(uri.Host, ".")
	return message.Unescape(uri.User) + "@" + strings.ToLower(a.options.Domains.Canonical(host))
}

// mayCall tells whether somebody may begin a call. The error is a bridge.Cause to answer with.
func (a *Agent) mayCall(flow transport.Flow, request *sip.Request, who identity.Identity) error {
	if who.Origin != bridge.OriginUnknown {
		return nil
	}
	if a.options.Protection.NoStrangers {
		return bridge.Cause{Status: 403}
	}
	servers, _ := a.transactions.Sizes()
	if servers >= a.strangers.transactions || !a.strangers.admit(flow, a.callee(request.Recipient), time.Now()) {
		a.stats.strangers.Add(1)
		a.complain("too many calls of strangers", "remote", flow.RemoteAddr())
		return message.TooMany(503, 10*time.Second)
	}
	return nil
}
