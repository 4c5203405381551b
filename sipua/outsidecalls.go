package sipua

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transport"
)

// What one user may ask for outside calls: messages, subscriptions, publications, in the long run and at once.
const (
	requestsPerSecond = 5
	requestsAtOnce    = 25
)

// knownSender finds out who sends a request outside a call, which strangers may not. The error is a bridge.Cause to
// answer with.
func (a *Agent) knownSender(flow transport.Flow, request *sip.Request) (identity.Identity, error) {
	who, err := a.identity.Identify(flow, request)
	if err != nil {
		return identity.Identity{}, err
	}
	switch {
	case who.Origin == bridge.OriginUnknown:
		return identity.Identity{}, bridge.Cause{Status: 403}
	case who.User != "" && !a.rates.Allow(who.User, time.Now()):
		return identity.Identity{}, message.TooManyRequests()
	default:
		return who, nil
	}
}

// receiveOptions says what we can, and to a user whether another one can be reached whom he may watch (RFC 3261 section
// 11.2). Others do not learn who there is, and a server that looks whether we live is always told so.
func (a *Agent) receiveOptions(flow, reply transport.Flow, request *sip.Request) {
	status := 200
	realm, isLocal := a.options.Domains.local(request.Recipient.Host)
	by := a.users.Of(flow)
	name := message.Unescape(request.Recipient.User)
	if isLocal && name != "" && by != "" && a.mayWatch(by, name+"@"+realm) {
		switch _, known := a.Lookup(name, realm); {
		case !known:
			status = 404
		case !a.isReachable(name + "@" + realm):
			status = 480
		}
	}
	response := message.NewResponse(request, status, "")
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
	from.Params.Add("tag", message.NewTag())
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
