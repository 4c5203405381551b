package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/message"
	"sipbridge/sipua/relay"
)

// relayedToken gives the browser to which an upstream server sends a request: the token in its topmost Route, which was
// our Path, or in its Request-URI, which was our Contact.
func (a *Agent) relayedToken(request *sip.Request) (binding relay.Binding, addressed bool) {
	if route, ok := message.Route(request); ok && route.UriParams.Has("ob") {
		if a.options.Domains.isOwn(route.Host) {
			binding, _ = a.relay.Binding(route.User)
			return binding, true
		}
	}
	return a.relay.Binding(request.Recipient.User)
}

// flowIsGone tells of a request that an upstream server sends by a Path of ours to a browser that has gone.
func (a *Agent) flowIsGone(request *sip.Request, who identity.Identity) bool {
	binding, addressed := a.relayedToken(request)
	return who.Origin == bridge.OriginUpstream && addressed && binding.Token == ""
}

// flowFailed is why a request to a browser that is gone is refused (RFC 5626 section 5.3).
func flowFailed() bridge.Cause { return bridge.Cause{Status: 430, Text: "Flow Failed"} }
