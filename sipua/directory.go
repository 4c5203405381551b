package sipua

import (
	"strings"

	"sipbridge/bridge"
)

var _ bridge.Directory = (*Agent)(nil)

// Lookup gives a target for each device of a user: of a local domain those in the registrar, of an upstream
// domain the browsers that registered there through us.
func (a *Agent) Lookup(user, domain string) (targets []bridge.Target, known bool) {
	if _, ok := a.options.Domains.upstream(domain); ok {
		return a.relayTargets(user, strings.ToLower(domain))
	}
	local, ok := a.options.Domains.local(domain)
	if !ok {
		return nil, false
	}
	aor := user + "@" + local
	for _, binding := range a.options.Registrar.Lookup(user, local) {
		endpoint := bindingEndpoint{
			agent: a, contact: binding.URI, flow: binding.Flow, path: binding.Path, user: aor,
		}
		targets = append(targets, bridge.Target{Endpoint: endpoint, URI: "sip:" + aor})
	}
	return targets, a.options.Registrar.Known(user, local)
}
