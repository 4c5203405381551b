package sipua

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transport"
)

// knownSender finds out who sends a request outside a call, which strangers may not. The error is a bridge.Cause to
// answer with.
func (a *Agent) knownSender(flow transport.Flow, request *sip.Request) (identity, error) {
	who, err := a.identify(flow, request)
	if err != nil {
		return identity{}, err
	}
	switch {
	case who.origin == bridge.OriginUnknown:
		return identity{}, bridge.Cause{Status: 403}
	case who.user != "" && !a.rates.allow(who.user, time.Now()):
		return identity{}, tooManyRequests()
	default:
		return who, nil
	}
}

func tooManyRequests() bridge.Cause {
	return bridge.Cause{
		Status: 503, Text: "Too Many Requests", Headers: []bridge.Header{{Name: "Retry-After", Value: "5"}},
	}
}

// receiveMessage brings a MESSAGE to a user's devices (RFC 3428 section 7). Nothing is kept for who is not there.
func (a *Agent) receiveMessage(flow, reply transport.Flow, request *sip.Request) {
	who, err := a.knownSender(flow, request)
	if err != nil {
		a.refuse(reply, request, err)
		return
	}
	// From here on a transaction answers repeated requests: their nonce count is spent.
	transaction, err := a.transactions.newServer(flow, reply, request)
	if err != nil {
		a.log.Debug("request dropped", "error", err)
		return
	}
	devices, known := a.devicesFor(request, who)
	switch {
	case a.flowIsGone(request, who):
		transaction.respond(430, "Flow Failed")
	case !known:
		transaction.respond(404, "")
	case len(devices) == 0:
		transaction.respond(480, "")
	default:
		a.deliver(transaction, devices, who)
	}
}

// devicesFor gives the devices of the user that a request outside a call is for. An upstream server may name one by
// the token that it knows.
func (a *Agent) devicesFor(request *sip.Request, who identity) (devices []bindingEndpoint, known bool) {
	to := request.Recipient
	user, domain := unescape(to.User), to.Host
	if binding, ok := a.relayedToken(request); ok && who.origin == bridge.OriginUpstream &&
		domainOf(binding.user) == who.trunk {
		user, domain = binding.token, who.trunk
	}
	if upstream, ok := a.options.Domains.upstream(domain); user == "" || ok && upstream.Domain != who.trunk {
		return nil, false // its users are its server's to ask
	}
	targets, known := a.Lookup(user, domain)
	for _, target := range targets {
		if device, ok := target.Endpoint.(bindingEndpoint); ok {
			devices = append(devices, device)
		}
	}
	return devices, known
}

// receiveOptions says what we can, and to a user whether another one can be reached (RFC 3261 section 11.2). Others do
// not learn who there is, and a server that looks whether we live is always told so.
func (a *Agent) receiveOptions(flow, reply transport.Flow, request *sip.Request) {
	status := 200
	realm, isLocal := a.options.Domains.local(request.Recipient.Host)
	if name := unescape(request.Recipient.User); isLocal && name != "" && a.users.get(flow) != "" {
		switch devices, known := a.Lookup(name, realm); {
		case !known:
			status = 404
		case len(devices) == 0:
			status = 480
		}
	}
	response := newResponse(request, status, "")
	response.AppendHeader(sip.NewHeader("Allow", allowedMethods+outsideMethods))
	response.AppendHeader(sip.NewHeader("Supported", a.supported()))
	response.AppendHeader(sip.NewHeader("Allow-Events", presence.Packages()))
	response.AppendHeader(acceptHeader())
	a.answerStateless(reply, request, response)
}

// fromOf is the sender of a request as the devices of another user see him: by his public address, without the tag.
func (a *Agent) fromOf(request *sip.Request) *sip.FromHeader {
	given := request.From()
	from := &sip.FromHeader{DisplayName: given.DisplayName, Address: *given.Address.Clone(), Params: sip.NewParams()}
	if domain, ok := a.options.Domains.local(given.Address.Host); ok {
		from.Address.Host, from.Address.Port = domain, 0
	}
	from.Address.Password, from.Address.UriParams, from.Address.Headers = "", nil, nil
	from.Params.Add("tag", newTag())
	return from
}

// contentHeaders are those that describe a body.
func contentHeaders() []string {
	return []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Disposition", "MIME-Version"}
}

// isContent tells whether a header describes the body.
func isContent(name string) bool {
	for _, known := range contentHeaders() {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}
