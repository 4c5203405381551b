package main

import (
	"context"

	"sipbridge/bridge"
	"sipbridge/signaling/rtmp"
	"sipbridge/sipua"
	"sipbridge/sipua/digest"
)

// flashUpstreams register Flash phones at the servers of other domains.
type flashUpstreams struct{ agent *sipua.Agent }

var _ rtmp.Upstreams = flashUpstreams{}

// Serves tells whether a host is a domain with a server of its own.
func (f flashUpstreams) Serves(host string) (string, bool) { return f.agent.Serves(host) }

// Register keeps an account registered until ctx ends.
func (f flashUpstreams) Register(
	ctx context.Context, account rtmp.Account, device bridge.Endpoint, told func(error),
) error {
	return f.agent.RegisterAccount(ctx, upstreamAccount(account), device, told)
}

// Prove gives what proves an account in its calls.
func (f flashUpstreams) Prove(account rtmp.Account) any {
	return f.agent.Prove(upstreamAccount(account))
}

func upstreamAccount(account rtmp.Account) sipua.UpstreamAccount {
	return sipua.UpstreamAccount{
		Name: account.Name, Domain: account.Domain,
		Login: digest.Login{User: account.Login, Password: account.Password},
	}
}
