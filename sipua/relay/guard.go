package relay

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

const (
	// registerRate and registerBurst bound the REGISTER requests of one source that go to servers, a second and at once. A
	// proxy on this machine stands for everybody and has no bound but that of each connection.
	registerRate  = 10
	registerBurst = 100
	// sources is how many sources are remembered.
	sources = 10_000
	// tries and lockTime are those of digest.
	tries    = 5
	lockTime = 30 * time.Second
)

// guard keeps browsers from using us to guess passwords at an upstream server: that would see only our address,
// and shut everybody out.
type guard struct {
	guesses *digest.Guard
	rate    *transport.SourceLimiter
}

func newGuard() guard {
	return guard{
		guesses: digest.NewGuard(tries, lockTime),
		rate:    transport.NewSourceLimiter(registerRate, registerBurst, sources),
	}
}

// admit tells whether a REGISTER may go on. The error is a bridge.Cause to answer with.
func (g guard) admit(flow transport.Flow, request *sip.Request) error {
	source, now := flow.RemoteAddr().Addr(), time.Now()
	if !source.IsLoopback() && !g.rate.Allow(source, now) {
		return message.TooMany(503, time.Second)
	}
	if !attempted(request) {
		return nil
	}
	if left := g.guesses.Locked(message.AddressOfRecord(request.To().Address), digest.SourceOf(source), now); left > 0 {
		return message.TooMany(403, left)
	}
	return nil
}

// tried notes how a server took an attempt.
func (g guard) tried(user string, flow transport.Flow, response *sip.Response) {
	source := digest.SourceOf(flow.RemoteAddr().Addr())
	asks := append(message.Values(response, "WWW-Authenticate"), message.Values(response, "Proxy-Authenticate")...)
	switch {
	case response.IsSuccess():
		g.guesses.Succeed(user, source)
	case response.StatusCode == sip.StatusForbidden, message.IsChallenge(response) && !digest.OnlyStale(asks):
		g.guesses.Fail(user, source, time.Now())
	}
}
