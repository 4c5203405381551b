package sipua

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/proxy"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

// proxied is an INVITE that passes through us as through a proxy: caller and callee see each other's SDP, and we are
// no party to the call. It goes to one target: calls that ring at several places are bridged.
type proxied struct {
	agent       *Agent
	transaction *transaction.Server
	target      proxyTarget
	dialog      *proxiedDialog

	mu sync.Mutex
	// left are the servers that were not tried yet.
	left []transport.Target // guarded by mu
	// try is the one that has the INVITE; nil until it has gone on.
	try      *proxiedTry  // guarded by mu
	canceled *sip.Request // guarded by mu; the caller's CANCEL
}

// proxyTarget is where a request goes on.
type proxyTarget struct {
	hop proxy.Hop
	// flow is the connection of a device; without one the servers are looked up.
	flow     transport.Flow
	nextHops []sip.Uri
	// domain is that of those servers.
	domain string
}

// standsAside tells whether a call is to pass through us, and where to. It is asked for by rtcweb-breaker=no in the
// Request-URI, or in the Contact with which a browser calls or has registered (the meaning that webrtc2sip gave to
// it); then the other party must speak WebRTC itself. What is offered without a fingerprint is no WebRTC, and is
// bridged, as is what the dialing rules count.
func (a *Agent) standsAside(flow transport.Flow, request *sip.Request, asked bridge.Request) (proxyTarget, bool) {
	if !a.options.StandAside || asked.Origin == bridge.OriginUnknown || request.GetHeader("Replaces") != nil ||
		!bytes.Contains(request.Body(), []byte("a=fingerprint:")) {
		return proxyTarget{}, false
	}
	wants, demanded := wantsAside(flow, request)
	if !wants && (demanded || asked.Origin != bridge.OriginUpstream) {
		return proxyTarget{}, false
	}
	targets, err := a.options.Route(asked)
	if err != nil || len(targets) != 1 {
		return proxyTarget{}, false
	}
	switch endpoint := targets[0].Endpoint.(type) {
	case bindingEndpoint:
		return endpoint.passTo(wants)
	case upstreamEndpoint:
		asked.To = targets[0].URI
		return endpoint.passTo(asked, request), wants && !endpoint.Metered(asked)
	default:
		return proxyTarget{}, false
	}
}

// wantsAside tells whether the caller wants us to stand aside, and whether the Request-URI says so or the contrary:
// what is said of this call counts more than a browser's Contact.
func wantsAside(flow transport.Flow, request *sip.Request) (wants, demanded bool) {
	if request.Recipient.UriParams.Has("rtcweb-breaker") {
		return refusesBreaker(request.Recipient), true
	}
	contact := message.Contact(request)
	return comesBack(flow) && contact != nil && refusesBreaker(contact.Address), false
}

// refusesBreaker tells whether a URI asks for no bridge.
func refusesBreaker(uri sip.Uri) bool {
	value, ok := uri.UriParams.Get("rtcweb-breaker")
	return ok && value == "no"
}

// passTo is the way to a device: a browser's, that registered without the breaker or is called without it.
func (e bindingEndpoint) passTo(wants bool) (proxyTarget, bool) {
	contact, err := wire.ParseURI(e.contact, wire.StreamLimits())
	if err != nil || !comesBack(e.flow) || !wants && !refusesBreaker(contact) {
		return proxyTarget{}, false
	}
	return proxyTarget{hop: proxy.Hop{RequestURI: contact, Routes: e.path}, flow: e.flow}, true
}

func (e upstreamEndpoint) passTo(asked bridge.Request, request *sip.Request) proxyTarget {
	return proxyTarget{
		hop:      proxy.Hop{RequestURI: request.Recipient, Credentials: strings.EqualFold(homeOf(asked), e.upstream.Domain)},
		nextHops: e.upstream.chosenBy(asked).NextHops, domain: e.upstream.Domain,
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

// ProxiedCalls tells how many calls of a user pass through us as through a proxy.
func (a *Agent) ProxiedCalls(user string) int { return a.proxies.of(user) }

// pass sends an INVITE on, whose caller is this user, or unknown to us.
func (a *Agent) pass(flow, reply transport.Flow, request *sip.Request, user string, target proxyTarget) {
	p := &proxied{agent: a, target: target}
	var err error
	if p.transaction, err = a.transactions.NewInvite(flow, reply, request, p.cancel); err != nil {
		a.log.Debug("INVITE dropped", "error", err)
		return
	}
	a.stats.proxied.Add(1)
	p.transaction.Respond(100, "")
	if err = a.mayPlace(user); err == nil {
		p.dialog, err = a.proxies.open(request, flow, user)
	}
	if err != nil {
		p.refuse(message.CauseOfError(err))
		return
	}
	if !a.crew.start(p.forward) {
		p.refuse(bridge.Cause{Status: 503})
	}
}

// cancel takes the caller's CANCEL (RFC 3261 section 16.10). The callee's 487 answers the INVITE.
func (p *proxied) cancel(request *sip.Request) {
	if p.transaction.Answered() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.canceled != nil {
		return
	}
	p.canceled = request
	switch {
	case p.try == nil:
		p.refuse(bridge.Cause{Status: 487})
	case p.try.heard:
		p.sendCancel()
	}
}

// sendCancel sends the CANCEL on. The caller holds mu.
func (p *proxied) sendCancel() {
	invite, flow := p.try.sent.Sent()
	cancel := message.Cancel(invite)
	sip.CopyHeaders("Reason", p.canceled, cancel)
	if _, err := p.agent.transactions.Send(flow, cancel, func(*sip.Response, error) {}); err != nil {
		p.agent.log.Debug("CANCEL not sent", "error", err)
	}
}

func (p *proxied) refuse(cause bridge.Cause) {
	if p.dialog != nil {
		p.dialog.close()
	}
	response := message.Refusal(p.transaction.Request, cause, 480)
	if !response.To().Params.Has("tag") {
		message.SetTag(response, message.NewTag())
	}
	p.transaction.Send(response)
}
