package sipua

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/toll"
	"sipbridge/sipua/content"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
	"sipbridge/sipua/wire"
)

// defaultPort is the port of a SIP URI that names none, over UDP and TCP (RFC 3261 section 19.1.2).
const defaultPort = 5060

// Gateway is the endpoint that dials any SIP URI: what a route's URI template names. Browsers'
// credentials never go there.
func (a *Agent) Gateway() bridge.Endpoint { return gateway{agent: a} }

// NumberGateway is the Gateway for URIs whose user part the caller chose: for a number the dialing rules are asked.
func (a *Agent) NumberGateway() bridge.Endpoint { return gateway{agent: a, numbers: true} }

type gateway struct {
	agent *Agent
	// numbers tells that callers choose the user part.
	numbers bool
}

// Metered tells whether the dialing rules are asked.
func (g gateway) Metered(request bridge.Request) bool {
	target, err := wire.ParseURI(request.To, wire.StreamLimits())
	return err == nil && g.numbers && !g.agent.options.Dialing.IsName(target.User)
}

// Dial calls request.To.
func (g gateway) Dial(request bridge.Request) bridge.Leg { return g.agent.dialBy(g.way(request)) }

// Text brings a message there.
func (g gateway) Text(request bridge.Request, message bridge.Message, done func(bridge.Cause)) {
	w, err := g.way(request)
	g.agent.text(w, err, message, done)
}

func (g gateway) way(request bridge.Request) (way, error) {
	target, err := wire.ParseURI(request.To, wire.StreamLimits())
	if err != nil {
		return way{}, bridge.Cause{Status: 404, Err: fmt.Errorf("target: %w", err)}
	}
	out := dialTarget{
		requestURI: target, nextHops: []sip.Uri{target}, transport: transportOf(target), trusted: true,
	}
	if g.Metered(request) {
		out.release, err = g.agent.options.Dialing.Admit(toll.CallOf(request, target.Host, target.User))
	}
	return way{request, out}, err
}

// UpstreamEndpoint dials through the server of an upstream domain, with the browser's own credentials.
func (a *Agent) UpstreamEndpoint(upstream Upstream) bridge.Endpoint {
	return upstreamEndpoint{agent: a, upstream: upstream}
}

type upstreamEndpoint struct {
	agent    *Agent
	upstream Upstream
}

// Dial sends the INVITE with its Request-URI unchanged, since the browser's digest covers it.
func (e upstreamEndpoint) Dial(request bridge.Request) bridge.Leg {
	return e.agent.dialBy(e.way(request))
}

// Text brings a message to the server.
func (e upstreamEndpoint) Text(request bridge.Request, message bridge.Message, done func(bridge.Cause)) {
	w, err := e.way(request)
	e.agent.text(w, err, message, done)
}

func (e upstreamEndpoint) way(request bridge.Request) (way, error) {
	target, err := wire.ParseURI(request.To, wire.StreamLimits())
	if err != nil {
		return way{}, bridge.Cause{Status: 404, Err: fmt.Errorf("target: %w", err)}
	}
	nextHops := e.upstream.chosenBy(request).NextHops
	out := dialTarget{
		requestURI: target, nextHops: nextHops, transport: transportOf(nextHops[0]),
		trusted: true, trunk: e.upstream.Domain, credentials: strings.EqualFold(homeOf(request), e.upstream.Domain),
	}
	if login, ok := request.Login.(breaker); ok && out.credentials && login.upstream.Domain == e.upstream.Domain {
		out.answers = login
	}
	if e.Metered(request) {
		out.release, err = e.agent.options.Dialing.Admit(toll.CallOf(request, e.upstream.Domain, target.User))
	}
	return way{request, out}, err
}

// Metered tells whether the dialing rules are asked: for a number, but not of the server's own users.
func (e upstreamEndpoint) Metered(request bridge.Request) bool {
	target, err := wire.ParseURI(request.To, wire.StreamLimits())
	isOwn := request.Origin == bridge.OriginUser && strings.EqualFold(domainOf(request.User), e.upstream.Domain)
	return err == nil && !isOwn && !e.agent.options.Dialing.IsName(target.User)
}

// homeOf gives the domain at which the caller proves himself.
func homeOf(request bridge.Request) string {
	if request.User != "" {
		return domainOf(request.User)
	}
	from, err := wire.ParseURI(request.From.URI, wire.StreamLimits())
	if err != nil {
		return ""
	}
	return from.Host
}

// bindingEndpoint dials one registered device: its contact, on the flow on which it registered.
type bindingEndpoint struct {
	agent   *Agent
	contact string
	flow    transport.Flow
	// path are the proxies between us and the device.
	path []sip.Uri
	// user is the account, "name@domain".
	user string
	// reads tells that the device said that it reads documents, wantsICE, that it has ICE.
	reads, wantsICE bool
}

// Dial calls the device.
func (e bindingEndpoint) Dial(request bridge.Request) bridge.Leg {
	return e.agent.dialBy(e.way(request))
}

// Text brings a message to the device.
func (e bindingEndpoint) Text(request bridge.Request, message bridge.Message, done func(bridge.Cause)) {
	w, err := e.way(request)
	e.agent.text(w, err, message, done)
}

func (e bindingEndpoint) way(request bridge.Request) (way, error) {
	contact, err := wire.ParseURI(e.contact, wire.StreamLimits())
	if err != nil {
		return way{}, bridge.Cause{Status: 480, Err: fmt.Errorf("contact: %w", err)}
	}
	return way{request, dialTarget{
		requestURI: contact, flow: e.flow, transport: e.flow.Transport(), user: e.user, routes: e.path,
		reads: e.reads, wantsICE: e.wantsICE,
	}}, nil
}

// way is what is asked for as one endpoint asks for it, and how it leaves.
type way struct {
	request bridge.Request
	target  dialTarget
}

// dialTarget says how an INVITE leaves.
type dialTarget struct {
	requestURI sip.Uri
	// flow is the connection to use; without one nextHops are looked up, and tried in order.
	flow      transport.Flow
	nextHops  []sip.Uri
	transport string
	// user is the account of the party, if it is one of ours; trunk is the upstream domain whose server it is.
	user, trunk string
	// trusted parties may move the dialog to other addresses by Contact and Record-Route.
	trusted bool
	// peer is the trunk that the call goes by, if it is one and no upstream domain; routes are the proxies that it wants
	// on the way, release gives back the call's place in the dialing limits.
	peer    *trunk.Trunk
	routes  []sip.Uri
	release func()
	// reads tells that the party said that it reads documents; libraries of pages that do not make something else of them.
	reads bool
	// wantsICE tells that the party said that it has ICE.
	wantsICE bool
	// credentials tells that it is the caller's own server: his credentials may go there, and its challenges to him.
	credentials bool
	// answers, if set, answers its challenges before he hears of them.
	answers answerer
}

// proper is the request without what the other end is not to know.
func (w way) proper() bridge.Request {
	request := w.request
	if !w.target.credentials {
		request.Headers = withoutCredentials(request.Headers)
	}
	onPage := w.target.flow != nil && comesBack(w.target.flow)
	if onPage && !w.target.reads || request.Private {
		request = content.WithoutDocuments(request)
	}
	if request.Private && w.target.peer == nil {
		request = hidden(request, w.target.credentials)
	}
	return request
}

// dialBy starts an outgoing leg, or one that ends at once because there is no way.
func (a *Agent) dialBy(w way, err error) bridge.Leg {
	if err != nil {
		return a.failedLeg(bridge.CauseOf(err))
	}
	return a.dial(w.proper(), w.target)
}

// dial starts an outgoing leg.
func (a *Agent) dial(request bridge.Request, target dialTarget) bridge.Leg {
	l := a.newLeg(target.transport, target.user)
	l.trunk, l.release, l.dialog, l.answers = target.peer, target.release, &dialog.Dialog{}, target.answers
	if target.peer != nil {
		l.answers = target.peer
	}
	if request.Secure && !target.isSecure() {
		return l.failed(message.NotEncrypted())
	}
	from, err := wire.ParseURI(request.From.URI, wire.StreamLimits())
	if err != nil {
		return l.failed(bridge.Cause{Status: 400, Err: fmt.Errorf("caller: %w", err)})
	}
	to, err := wire.ParseURI(request.To, wire.StreamLimits())
	if err != nil {
		return l.failed(bridge.Cause{Status: 404, Err: fmt.Errorf("callee: %w", err)})
	}
	if target.peer != nil {
		l.info.Codecs = target.peer.Codecs()
	}
	l.trusted, l.calling = target.trusted, &callingInvite{
		challenges: target.credentials, forks: make(map[string]*fork), wantsICE: target.wantsICE,
	}
	l.info.Party, l.info.Trunk = bridge.Party{URI: message.PlainURI(to)}, target.trunk
	switch {
	case target.user != "":
		l.info.Origin = bridge.OriginUser
	case target.trunk != "":
		l.info.Origin = bridge.OriginUpstream
	}
	l.dialog, l.introductions.other = dialogBy(request, target, from, to), request.From.URI
	l.info.Dialog = l.dialog.ID()
	l.start(func() { l.connect(request, target) })
	return l
}

// dialogBy is the dialog of a request of ours as it leaves.
func dialogBy(request bridge.Request, target dialTarget, from, to sip.Uri) *dialog.Dialog {
	local := sip.ToHeader{DisplayName: request.From.Name, Address: from}
	return dialog.Calling(local, sip.ToHeader{Address: to}, target.requestURI, target.routes)
}

// hidden is the request of a caller who is not to be shown (RFC 3323). His own server is told so: it needs to know him.
func hidden(request bridge.Request, toHisServer bool) bridge.Request {
	if toHisServer {
		request.Headers = append(slices.Clone(request.Headers), bridge.Header{Name: "Privacy", Value: "id"})
		return request
	}
	request.From = trunk.Anonymous()
	return request
}

// connect finds the way, then calls. A name is looked up beside the leg's goroutine.
func (l *leg) connect(request bridge.Request, target dialTarget) {
	if target.flow != nil {
		if err := l.call(request, target.flow); err != nil {
			l.end(message.CauseOfError(err))
		}
		return
	}
	l.pending++
	started := l.agent.crew.start(func() {
		targets, err := l.agent.failover.Locate(target.nextHops, cmp.Or(request.User, request.From.URI))
		l.mailbox.post(func() {
			l.pending--
			l.calling.attempts = attempts{request: request, left: targets}
			l.callInOrder(message.CauseOfError(err))
		})
	})
	if !started {
		l.pending--
		l.end(message.CauseOfError(transaction.ErrClosed))
	}
}

// transportOf is the transport that a URI asks for: UDP unless it says something else, which may be one that the
// bridge lacks. A sips URI is never less than TLS (RFC 5630 section 3.1).
func transportOf(uri sip.Uri) string {
	word, _ := uri.UriParams.Get("transport")
	word = strings.ToUpper(word)
	switch {
	case uri.Scheme != "sips":
		return cmp.Or(word, "UDP")
	case word == "WS" || word == "WSS":
		return "WSS"
	default:
		return "TLS"
	}
}

func withoutCredentials(headers []bridge.Header) []bridge.Header {
	var kept []bridge.Header
	for _, header := range headers {
		if !strings.HasSuffix(strings.ToLower(header.Name), "authorization") {
			kept = append(kept, header)
		}
	}
	return kept
}

// failedLeg is a leg that ends at once.
func (a *Agent) failedLeg(cause bridge.Cause) bridge.Leg {
	l := a.newLeg("", "")
	l.dialog = &dialog.Dialog{}
	return l.failed(cause)
}

func (l *leg) failed(cause bridge.Cause) bridge.Leg {
	l.start(func() { l.end(cause) })
	return l
}
