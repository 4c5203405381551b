package sipua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
	"sipbridge/sipua/relay"
	"sipbridge/sipua/trunk"
)

// accountExpires is how long the registration of an account is asked to last.
const accountExpires = 3 * time.Minute

// errNoUpstream is a domain whose server we do not know.
var errNoUpstream = errors.New("no server for the domain")

// UpstreamAccount is a user of an upstream domain whose password we were given, because what he has at hand does not
// speak SIP.
type UpstreamAccount struct {
	// Name and Domain are his address.
	Name, Domain string
	// Login is what he proves himself with.
	Login digest.Login
}

// Serves tells whether a host is a domain with a server of its own, and gives its name as we write it.
func (a *Agent) Serves(host string) (domain string, ok bool) {
	upstream, ok := a.options.Domains.upstream(host)
	return upstream.Domain, ok
}

// Prove gives the Login of a bridge.Request of an account's user. It answers the challenges of the account's server,
// and of no other.
func (a *Agent) Prove(account UpstreamAccount) any {
	upstream, ok := a.options.Domains.upstream(account.Domain)
	if !ok {
		return nil
	}
	return breaker{upstream: upstream, login: account.Login}
}

// RegisterAccount keeps an account registered at the server of its domain until ctx ends, and then ends the
// registration. What the server sends to it rings at device. told hears each outcome: nil, or a bridge.Cause for why
// the account is not registered; after a 403 it is not tried again. told does not block.
func (a *Agent) RegisterAccount(
	ctx context.Context, account UpstreamAccount, device bridge.Endpoint, told func(error),
) error {
	upstream, ok := a.options.Domains.upstream(account.Domain)
	if !ok {
		return bridge.Cause{Status: 404, Text: message.Phrase(404), Err: errNoUpstream}
	}
	hops := make([]string, len(upstream.NextHops))
	for i, hop := range upstream.NextHops {
		hops[i] = hop.String()
	}
	server, err := trunk.New(trunk.Options{
		Name: upstream.Domain, Domain: upstream.Domain, NextHops: hops, Account: account.Name, Login: account.Login,
		Register: true, Expires: accountExpires,
	})
	if err != nil {
		return bridge.Cause{Status: 400, Text: message.Phrase(400), Err: err}
	}
	registration := trunk.NewRegistration(server, a, slog.New(slog.DiscardHandler))
	binding := relay.Binding{
		Token: registration.Token(), User: account.Name + "@" + upstream.Domain, Endpoint: device,
	}
	registration.Observe(func(err error) {
		if err == nil { // calls find the device for as long as the registration is kept
			binding.Until = time.Now().Add(mostAccountTime)
			a.relay.Bind(binding)
		}
		told(accountCause(err))
	})
	a.registrations.add(registration)
	defer a.registrations.remove(registration)
	registration.Run(ctx, 0)
	a.relay.Unbind(registration.Token())
	return nil
}

// accountCause gives what became of a REGISTER as a bridge.Cause, or nil.
func accountCause(err error) error {
	if err == nil {
		return nil
	}
	if status, reason, ok := trunk.StatusOf(err); ok {
		return bridge.Cause{Status: status, Text: reason, Err: err}
	}
	cause := message.CauseOfError(err)
	cause.Err = fmt.Errorf("register: %w", err)
	return cause
}

// mostAccountTime is longer than any registration lasts.
const mostAccountTime = 25 * time.Hour
