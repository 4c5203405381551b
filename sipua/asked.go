package sipua

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/number"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/headers"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/message"
	"sipbridge/sipua/trunk"
	"sipbridge/sipua/wire"
)

// asked puts an INVITE into neutral words.
func (a *Agent) asked(request *sip.Request, who identity.Identity) bridge.Request {
	from, to := request.From(), request.Recipient
	asked := bridge.Request{
		From:   bridge.Party{Name: from.DisplayName, URI: a.publicURI(from.Address)},
		To:     a.publicURI(to),
		Origin: who.Origin, User: who.User, Trunk: who.Trunk,
		Headers:     crossing(a.policyFor(who.Peer), request, senderOf(who.Origin)),
		MaxForwards: message.Hops(request),
		Private:     wantsPrivacy(request),
		Secure:      to.Scheme == "sips",
	}
	if who.Peer != nil {
		a.askedByTrunk(&asked, request, who.Peer)
	}
	if binding, ok := a.relayedToken(request); ok && who.Origin == bridge.OriginUpstream &&
		domainOf(binding.User) == who.Trunk {
		asked.To = "sip:" + binding.Token + "@" + who.Trunk // the Directory knows the token
	}
	login, hasLogin := breakerLogin(request)
	if upstream, ok := a.passesCredentials(request, who); ok {
		if hasLogin && upstream.Logins {
			asked.Login = breaker{upstream: upstream, login: login}
		}
		asked.Headers = append(asked.Headers, a.credentials(request)...)
		if strings.EqualFold(to.Host, upstream.Domain) {
			asked.To = to.String() // the digest covers its parameters
		}
	}
	a.documents(&asked, request, a.policyFor(who.Peer))
	if header := request.GetHeader("Replaces"); header != nil {
		asked.Replaces, asked.EarlyOnly = dialog.ParseReplaces(header.Value())
	}
	if a.admission.CallsOnly(who.User) { // what his page says of him counts for nothing
		asked.From.Name, asked.Headers, asked.Private, asked.Documents = "", nil, false, nil
	}
	return asked
}

// passesCredentials gives the server to which a user of an upstream domain proves himself, through us.
func (a *Agent) passesCredentials(request *sip.Request, who identity.Identity) (Upstream, bool) {
	if who.Origin == bridge.OriginUpstream {
		return Upstream{}, false
	}
	if who.User != "" {
		return a.options.Domains.upstream(domainOf(who.User))
	}
	return a.options.Domains.upstream(request.From().Address.Host)
}

// nameOf gives the name of "name@domain".
func nameOf(user string) string {
	name, _, _ := strings.Cut(user, "@")
	return name
}

// domainOf gives the domain of "name@domain".
func domainOf(user string) string {
	_, domain, _ := strings.Cut(user, "@")
	return domain
}

// credentials are the headers by which a browser proves itself to its upstream server. Only the upstream
// endpoint lets them out.
func (a *Agent) credentials(request *sip.Request) []bridge.Header {
	var headers []bridge.Header
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, header := range request.GetHeaders(name) {
			if a.identity.IsOwnToken(header.Value()) {
				continue
			}
			headers = append(headers, bridge.Header{Name: name, Value: header.Value()})
		}
	}
	return headers
}

// maxCrossing bounds what crosses, in bytes: the INVITE to a phone should stay one UDP packet.
const maxCrossing = 4 << 10

// policyFor says what crosses from and to a trunk, or from and to anybody else, if there is none.
func (a *Agent) policyFor(peer *trunk.Trunk) headers.Policy {
	if peer != nil {
		return peer.Headers()
	}
	return a.options.Headers
}

// crossing picks the headers of a message that cross to the other party. Topology, credentials and assertions about
// who calls stay.
func crossing(policy headers.Policy, m message.Message, from headers.Sender) []bridge.Header {
	var crossing []bridge.Header
	size := 0
	for _, header := range m.Headers() {
		name, value := header.Name(), headers.Value(header.Name(), header.Value())
		if !policy.InCall(name, from) || size+len(name)+len(value) > maxCrossing {
			continue
		}
		size += len(name) + len(value)
		crossing = append(crossing, bridge.Header{Name: name, Value: value})
	}
	return crossing
}

// senderOf says how far a caller's headers are believed.
func senderOf(origin bridge.Origin) headers.Sender {
	switch origin {
	case bridge.OriginUpstream:
		return headers.Server
	case bridge.OriginUser:
		return headers.User
	default:
		return headers.Stranger
	}
}

// schemeURN is that of services: "urn:service:sos" asks for help, whoever gives it here (RFC 5031). The routes say who.
const schemeURN = "urn"

// publicURI is a plain URI in which our own addresses are replaced by the local domain they stand for. A telephone
// number is one of our own users, as far as routes are concerned (RFC 3261 section 19.1.6).
func (a *Agent) publicURI(uri sip.Uri) string {
	if uri.Scheme == schemeTel {
		return a.home(number.Clean(uri.Raw()), "localhost")
	}
	if uri.Scheme == schemeURN {
		return uri.Scheme + ":" + strings.ToLower(uri.Raw())
	}
	if domain, ok := a.options.Domains.local(uri.Host); ok {
		uri.Host, uri.Port = domain, 0
	}
	return message.PlainURI(uri)
}

// AdmitStranger tells whether somebody at an address who has proved nothing may begin a call to a URI now, for those
// who come by other protocols than SIP: all share the same limits. The error is a bridge.Cause to answer with.
func (a *Agent) AdmitStranger(from netip.Addr, uri string) error {
	to, err := wire.ParseURI(uri, wire.StreamLimits())
	if err != nil {
		return bridge.Cause{Status: 400, Text: message.Phrase(400), Err: err}
	}
	return a.admission.MayCallUnknown(from, a.callee(to))
}

// callee names who is called, "name@domain", the same in whatever way the URI is spelt.
func (a *Agent) callee(uri sip.Uri) string {
	if uri.Scheme == schemeTel {
		return strings.TrimPrefix(message.Unescape(a.home(number.Clean(uri.Raw()), "localhost")), "sip:")
	}
	host := strings.TrimSuffix(uri.Host, ".")
	return message.Unescape(uri.User) + "@" + strings.ToLower(a.options.Domains.Canonical(host))
}
