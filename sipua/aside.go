package sipua

import (
	"bytes"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/proxy"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

// standsAside tells whether a call is to pass through us, and where to. It is asked for by rtcweb-breaker=no in the
// Request-URI, or in the Contact with which a browser calls or has registered (the meaning that webrtc2sip gave to
// it); then the other party must speak WebRTC itself. What is offered without a fingerprint is no WebRTC, and is
// bridged, as is what the dialing rules count, and who is not to be shown: his From would be.
func (a *Agent) standsAside(flow transport.Flow, request *sip.Request, asked bridge.Request) (proxy.Target, bool) {
	if !a.options.StandAside || asked.Origin == bridge.OriginUnknown || asked.Private ||
		request.GetHeader("Replaces") != nil ||
		!bytes.Contains(request.Body(), []byte("a=fingerprint:")) {
		return proxy.Target{}, false
	}
	wants, demanded := wantsAside(flow, request)
	if !wants && (demanded || asked.Origin != bridge.OriginUpstream) {
		return proxy.Target{}, false
	}
	targets, err := a.options.Route(asked)
	if err != nil || len(targets) != 1 {
		return proxy.Target{}, false
	}
	switch endpoint := targets[0].Endpoint.(type) {
	case bindingEndpoint:
		return endpoint.passTo(wants)
	case upstreamEndpoint:
		asked.To = targets[0].URI
		return endpoint.passTo(asked, request), wants && !endpoint.Metered(asked)
	default:
		return proxy.Target{}, false
	}
}

// wantsAside tells whether the caller wants us to stand aside, and whether the Request-URI says so or the contrary:
// what is said of this call counts more than a browser's Contact.
func wantsAside(flow transport.Flow, request *sip.Request) (wants, demanded bool) {
	if request.Recipient.UriParams.Has("rtcweb-breaker") {
		return refusesBreaker(request.Recipient), true
	}
	contact := message.Contact(request)
	return transport.FromBrowser(flow) && contact != nil && refusesBreaker(contact.Address), false
}

// refusesBreaker tells whether a URI asks for no bridge.
func refusesBreaker(uri sip.Uri) bool {
	value, ok := uri.UriParams.Get("rtcweb-breaker")
	return ok && value == "no"
}

// passTo is the way to a device: a browser's, that registered without the breaker or is called without it.
func (e bindingEndpoint) passTo(wants bool) (proxy.Target, bool) {
	contact, err := wire.ParseURI(e.contact, wire.StreamLimits())
	if err != nil || !transport.FromBrowser(e.flow) || !wants && !refusesBreaker(contact) {
		return proxy.Target{}, false
	}
	return proxy.Target{Hop: proxy.Hop{RequestURI: contact, Routes: e.path}, Flow: e.flow}, true
}

func (e upstreamEndpoint) passTo(asked bridge.Request, request *sip.Request) proxy.Target {
	return proxy.Target{
		Hop:      proxy.Hop{RequestURI: request.Recipient, Credentials: strings.EqualFold(homeOf(asked), e.upstream.Domain)},
		NextHops: e.upstream.chosenBy(asked).NextHops,
	}
}

// mayPlace tells whether a user may place one more call: those that pass through us count with the bridged ones. The
// error is a bridge.Cause.
func (a *Agent) mayPlace(user string) error {
	if user == "" || a.options.MayPlace == nil || a.options.MayPlace(user, a.ProxiedCalls(user)) {
		return nil
	}
	return message.TooMany(503, time.Second)
}

// newProxies makes the calls that pass through us.
func (a *Agent) newProxies() *proxy.Calls {
	return proxy.New(proxy.Options{
		Transactions: a.transactions, Servers: a.failover, MayPlace: a.mayPlace, Refuse: a.refuse,
		Start: a.crew.start, Silence: a.options.Silence, Log: a.log,
		After: func(delay time.Duration, work func()) *time.Timer { return a.after(delay, work) },
	})
}

// ProxiedCalls tells how many calls of a user pass through us as through a proxy.
func (a *Agent) ProxiedCalls(user string) int { return a.proxies.Of(user) }
