package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/relay"
	"sipbridge/sipua/transport"
)

// newRelay makes what passes requests to upstream servers.
func (a *Agent) newRelay() *relay.Relay {
	return relay.New(relay.Options{
		Transactions: a.transactions, Servers: a.failover, Users: relayUsers{a}, Removals: a.removals,
		Headers: a.options.Headers, IsOwn: a.identity.IsOwnToken, Refuse: a.refuse, Start: a.crew.start,
		After:    func(delay time.Duration, work func()) *time.Timer { return a.after(delay, work) },
		Complain: a.complain, Log: a.log,
	})
}

// passOn passes a request to an upstream server.
func (a *Agent) passOn(flow, reply transport.Flow, request *sip.Request, upstream Upstream) {
	to := relay.Domain{Name: upstream.Domain, NextHops: upstream.NextHops}
	if request.Method == sip.REGISTER {
		if login, ok := breakerLogin(request); ok && upstream.Logins {
			to.Answers = breaker{upstream: upstream, login: login}
		}
	}
	a.relay.Pass(flow, reply, request, to)
}

// relayUsers are the users of an agent as its relay sees them.
type relayUsers struct{ agent *Agent }

var _ relay.Users = relayUsers{}

// Proved lets a flow speak for a user from now on.
func (u relayUsers) Proved(flow transport.Flow, user string) { u.agent.users.Set(flow, user) }

// Is tells whether a flow speaks for a user.
func (u relayUsers) Is(flow transport.Flow, user string) bool { return u.agent.users.Of(flow) == user }

// Allow counts a request of a user.
func (u relayUsers) Allow(user string) bool { return u.agent.rates.Allow(user, time.Now()) }

// Greet tells a user who is registered now of the relays for his media.
func (u relayUsers) Greet(flow transport.Flow, user string, response *sip.Response) {
	u.agent.nameICEServers(flow, user, response)
}
