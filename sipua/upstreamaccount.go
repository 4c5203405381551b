package sipua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
	"sipbridge/sipua/relay"
	"sipbridge/sipua/transport"
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
	registering := &accountRegistration{agent: a}
	registration := trunk.NewRegistration(server, registering, slog.New(slog.DiscardHandler))
	registering.binding = relay.Binding{
		Token: registration.Token(), User: account.Name + "@" + upstream.Domain, Endpoint: device,
	}
	registering.registration = registration
	registration.Observe(func(err error) { told(registering.outcome(err)) })
	a.accounts.Store(registering, registering)
	defer a.accounts.Delete(registering)
	registration.Run(ctx, 0)
	a.relay.Unbind(registration.Token())
	return nil
}

// accountRegistration is the registration of one account.
type accountRegistration struct {
	agent        *Agent
	registration *trunk.Registration

	mu      sync.Mutex
	binding relay.Binding  // guarded by mu
	way     transport.Flow // guarded by mu; by which it was last granted
}

// SendRegister is trunk.Sender.
func (r *accountRegistration) SendRegister(ctx context.Context, t *trunk.Trunk, token string,
	prepare func(contact sip.Uri) *sip.Request,
) (*sip.Response, error) {
	response, way, err := r.agent.sendRegister(ctx, t, token, prepare)
	if err == nil && response.IsSuccess() {
		r.mu.Lock()
		r.way = way
		r.mu.Unlock()
	}
	return response, err
}

// outcome notes what became of a REGISTER, and gives it as a bridge.Cause. Calls find the device for as long as the
// registration is kept.
func (r *accountRegistration) outcome(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.binding.Until = time.Now().Add(mostAccountTime)
		r.agent.relay.Bind(r.binding)
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

// flowClosed registers again where the connection was the way of the server's calls.
func (r *accountRegistration) flowClosed(flow transport.Flow) {
	r.mu.Lock()
	lost := r.way == flow
	r.mu.Unlock()
	if lost {
		r.registration.Again()
	}
}

// accountsFlowClosed tells all accounts of a connection that is gone.
func (a *Agent) accountsFlowClosed(flow transport.Flow) {
	a.accounts.Range(func(key, _ any) bool {
		if registering, ok := key.(*accountRegistration); ok {
			registering.flowClosed(flow)
		}
		return true
	})
}
