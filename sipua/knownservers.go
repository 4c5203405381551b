package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/identity"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
)

// newIdentity makes what finds out who sends requests.
func (a *Agent) newIdentity() *identity.Verifier {
	return identity.New(identity.Options{
		Servers: knownServers{a}, Local: a.options.Domains.local, Users: a.users,
		Authenticator: a.options.Authenticator, Tokens: a.options.Tokens, Complain: a.complain,
	})
}

// knownServers are the servers that an agent is configured to use, as they send requests.
type knownServers struct{ agent *Agent }

var _ identity.Servers = knownServers{}

// FromTrunk gives the trunk that sends a request.
func (s knownServers) FromTrunk(flow transport.Flow, request *sip.Request) (*trunk.Trunk, bool) {
	return s.agent.fromTrunk(flow, request)
}

// Of gives the upstream domain or trunk at the other end of a flow.
func (s knownServers) Of(flow transport.Flow) (string, bool) { return s.agent.upstreams.Of(flow) }
