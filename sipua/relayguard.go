package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

const (
	// relayRate and relayBurst bound the REGISTER requests of one source that go to upstream servers, a second and at
	// once. A proxy on this machine stands for everybody and has no bound but that of each connection.
	relayRate  = 10
	relayBurst = 100
	// relaySources is how many sources are remembered.
	relaySources = 10_000
	// relayTries and relayLock are those of digest.
	relayTries = 5
	relayLock  = 30 * time.Second
)

// relayGuard keeps browsers from using us to guess passwords at an upstream server: that would see only our address,
// and shut everybody out.
type relayGuard struct {
	guesses *digest.Guard
	rate    *transport.SourceLimiter
}

func newRelayGuard() relayGuard {
	return relayGuard{
		guesses: digest.NewGuard(relayTries, relayLock),
		rate:    transport.NewSourceLimiter(relayRate, relayBurst, relaySources),
	}
}

// admit tells whether a REGISTER may go on. The error is a bridge.Cause to answer with.
func (g relayGuard) admit(flow transport.Flow, request *sip.Request) error {
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
func (g relayGuard) tried(user string, flow transport.Flow, response *sip.Response) {
	source := digest.SourceOf(flow.RemoteAddr().Addr())
	asks := append(message.Values(response, "WWW-Authenticate"), message.Values(response, "Proxy-Authenticate")...)
	switch {
	case response.IsSuccess():
		g.guesses.Succeed(user, source)
	case response.StatusCode == sip.StatusForbidden, message.IsChallenge(response) && !digest.OnlyStale(asks):
		g.guesses.Fail(user, source, time.Now())
	}
}
