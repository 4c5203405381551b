package sipua

import (
	"cmp"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

// chosenNextHop gives the next hop that a browser wants: sipML5 puts its outbound proxy into the first Route of each
// request, with the parameter sipml5-outbound. webrtc2sip went wherever that said.
func chosenNextHop(flow transport.Flow, request *sip.Request) (sip.Uri, bool) {
	route, ok := message.Route(request)
	if !ok || !comesBack(flow) || !route.UriParams.Has("sipml5-outbound") {
		return sip.Uri{}, false
	}
	return route, true
}

// mayChoose holds the next hop that a browser wants to those of the server that its request goes to anyway, to
// ourselves, or to a trunk: it may choose among the servers of a domain and among the trunks, where the dialing rules
// say what it may dial, but send us nowhere else. The error is a bridge.Cause.
func (a *Agent) mayChoose(flow transport.Flow, request *sip.Request) error {
	route, ok := chosenNextHop(flow, request)
	if !ok || a.options.Domains.IsLocal(route.Host) || a.options.Domains.isOwn(route.Host) {
		return nil
	}
	if a.trunkAt(route) != "" {
		return nil
	}
	for _, host := range []string{request.Recipient.Host, request.To().Address.Host, request.From().Address.Host} {
		if upstream, ok := a.options.Domains.upstream(host); ok && slices.ContainsFunc(upstream.NextHops, isHop(route)) {
			return nil
		}
	}
	a.stats.badRoutes.Add(1)
	a.complain("next hop refused", "remote", flow.RemoteAddr(), "next_hop", route.Host)
	return bridge.Cause{Status: 403, Text: "Next Hop Not Allowed"}
}

// trunkAt gives the name of the trunk that has this next hop; empty if none has.
func (a *Agent) trunkAt(route sip.Uri) string {
	for _, t := range a.options.Trunks {
		if slices.ContainsFunc(t.NextHops(), isHop(route)) {
			return t.Name()
		}
	}
	return ""
}

// choose puts the next hop that a browser wants into what it asks for.
func (a *Agent) choose(asked *bridge.Request, flow transport.Flow, request *sip.Request) {
	if route, ok := chosenNextHop(flow, request); ok {
		asked.NextHop, asked.NextTrunk = route.String(), a.trunkAt(route)
	}
}

// isHop tells whether a next hop is the one in a Route: the same host and port. The transport is ours to choose.
func isHop(route sip.Uri) func(sip.Uri) bool {
	return func(hop sip.Uri) bool {
		return strings.EqualFold(hop.Host, route.Host) &&
			cmp.Or(hop.Port, defaultPort) == cmp.Or(route.Port, defaultPort)
	}
}

// preferring puts the next hop that was chosen before the others.
func (u Upstream) preferring(route sip.Uri) Upstream {
	if at := slices.IndexFunc(u.NextHops, isHop(route)); at > 0 {
		chosen := u.NextHops[at]
		others := slices.Delete(slices.Clone(u.NextHops), at, at+1)
		u.NextHops = append([]sip.Uri{chosen}, others...)
	}
	return u
}

// chosenBy is preferring for what a call asks.
func (u Upstream) chosenBy(request bridge.Request) Upstream {
	if request.NextHop == "" {
		return u
	}
	route, err := wire.ParseURI(request.NextHop, wire.StreamLimits())
	if err != nil {
		return u
	}
	return u.preferring(route)
}
