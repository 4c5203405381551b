package sipua

import (
	"strings"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/relay"
	"sipbridge/sipua/wire"
)

var _ bridge.Directory = (*Agent)(nil)

// routeHome gives the devices of a user; the error is a bridge.Cause.
func (a *Agent) routeHome(request bridge.Request) ([]bridge.Target, error) {
	uri, err := wire.ParseURI(request.To, wire.StreamLimits())
	if err != nil {
		return nil, bridge.Cause{Status: 404, Err: err}
	}
	targets, known := a.Lookup(message.Unescape(uri.User), uri.Host)
	switch {
	case !known || uri.User == "":
		return nil, bridge.Cause{Status: 404}
	case len(targets) == 0:
		return nil, bridge.Cause{Status: 480}
	default:
		return targets, nil
	}
}

// ownerByAddress gives the user whose address a request is for.
func ownerByAddress(request bridge.Request) (name, domain string, ok bool) {
	uri, err := wire.ParseURI(request.To, wire.StreamLimits())
	return message.Unescape(uri.User), uri.Host, err == nil
}

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
			reads: binding.Extends(optionGeolocation), wantsICE: binding.WantsICE(),
		}
		targets = append(targets, bridge.Target{Endpoint: endpoint, URI: "sip:" + aor})
	}
	return targets, a.options.Registrar.Known(user, local)
}

// relayTargets gives the devices that an upstream server may mean: by token exactly one, by user all.
func (a *Agent) relayTargets(name, domain string) (targets []bridge.Target, known bool) {
	bindings := a.relay.BindingsOf(name + "@" + domain)
	if binding, ok := a.relay.Binding(name); ok && domainOf(binding.User) == domain {
		bindings = []relay.Binding{binding}
	}
	for _, binding := range bindings {
		endpoint := binding.Endpoint
		if endpoint == nil {
			endpoint = bindingEndpoint{agent: a, contact: binding.Contact, flow: binding.Flow, user: binding.User}
		}
		targets = append(targets, bridge.Target{Endpoint: endpoint, URI: "sip:" + binding.User})
	}
	return targets, len(targets) > 0
}
