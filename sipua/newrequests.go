package sipua

import (
	"errors"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/transport"
)

// receiveNew takes a request that belongs to no dialog and no transaction.
func (a *Agent) receiveNew(flow, reply transport.Flow, request *sip.Request) {
	if status, headers := a.unacceptable(request); status != 0 {
		a.reply(reply, request, status, headers...)
		return
	}
	switch request.Method {
	case sip.INVITE:
		a.receiveInvite(flow, reply, request)
	case sip.REGISTER:
		a.receiveRegister(flow, reply, request)
	case sip.OPTIONS, sip.MESSAGE, sip.SUBSCRIBE, sip.PUBLISH:
		a.receiveOther(flow, reply, request)
	case sip.BYE, sip.UPDATE, sip.INFO, sip.PRACK, sip.NOTIFY, sip.REFER:
		a.reply(reply, request, 481)
	default:
		a.reply(reply, request, 405, sip.NewHeader("Allow", allowedMethods+", REGISTER"))
	}
}

// unacceptable checks what every new request must stand up to (RFC 3261 section 8.2); 0 means it does.
func (a *Agent) unacceptable(request *sip.Request) (int, []sip.Header) {
	if unknown := unknownExtensions(request); unknown != "" {
		return 420, []sip.Header{sip.NewHeader("Unsupported", unknown)}
	}
	left := request.MaxForwards()
	if left != nil && left.Val() == 0 && request.Method != sip.OPTIONS && request.Method != sip.REGISTER {
		return 483, nil
	}
	return 0, nil
}

// unknownExtensions lists the required extensions that we lack.
func unknownExtensions(request *sip.Request) string {
	var unknown []string
	for _, header := range request.GetHeaders("Require") {
		for option := range strings.SplitSeq(header.Value(), ",") {
			switch option = strings.ToLower(strings.TrimSpace(option)); option {
			case "", "replaces", "timer", "outbound", "sip.ice", "ice":
			default:
				unknown = append(unknown, option)
			}
		}
	}
	return strings.Join(unknown, ", ")
}

// receiveOther takes OPTIONS for ourselves, and passes what is for an upstream domain on.
func (a *Agent) receiveOther(flow, reply transport.Flow, request *sip.Request) {
	if upstream, ok := a.upstreamOf(request); ok && a.mayRelay(flow, request, upstream) {
		a.relay(flow, reply, request, upstream)
		return
	}
	if request.Method == sip.OPTIONS {
		response := newResponse(request, 200, "")
		addCapabilities(response)
		response.AppendHeader(sip.NewHeader("Accept", contentSDP))
		a.sendResponse(reply, response)
		return
	}
	if request.Method == sip.MESSAGE {
		a.reply(reply, request, 404)
		return
	}
	a.reply(reply, request, 489, sip.NewHeader("Allow-Events", "refer"))
}

// upstreamOf gives the upstream server of the domain that a request is for.
func (a *Agent) upstreamOf(request *sip.Request) (Upstream, bool) {
	host := request.Recipient.Host
	if request.Method == sip.REGISTER {
		host = request.To().Address.Host
	}
	if upstream, ok := a.options.Domains.upstream(host); ok {
		return upstream, true
	}
	return Upstream{}, false
}

// mayRelay keeps the bridge from being a relay for strangers: only a connected client that says it is of
// that very domain is passed on; its server checks who it is.
func (a *Agent) mayRelay(flow transport.Flow, request *sip.Request, upstream Upstream) bool {
	return flow.Done() != nil && strings.EqualFold(request.From().Address.Host, upstream.Domain)
}

// identity says who sends a request, as far as is known.
type identity struct {
	origin bridge.Origin
	// user is "name@domain" of a user who proved himself.
	user string
	// trunk names the upstream domain the request comes from.
	trunk string
}

// identify finds out who sends a request. The error is a bridge.Cause to answer with.
func (a *Agent) identify(flow transport.Flow, request *sip.Request) (identity, error) {
	if upstream, ok := a.fromUpstream(flow); ok {
		return identity{origin: bridge.OriginUpstream, trunk: upstream.Domain}, nil
	}
	from := request.From().Address
	if realm, ok := a.options.Domains.local(from.Host); ok && a.claimsAccount(from, realm) {
		return a.identifyLocal(flow, request, realm)
	}
	user := from.User + "@" + strings.ToLower(from.Host)
	if _, ok := a.options.Domains.upstream(from.Host); ok && a.users.get(flow) == user {
		return identity{origin: bridge.OriginUser, user: user}, nil
	}
	return identity{}, nil
}

// claimsAccount tells whether a From says that it is one of our users. One with an address of this machine
// may also be a phone that runs here and has no account: then it is a stranger like any other.
func (a *Agent) claimsAccount(from sip.Uri, realm string) bool {
	return strings.EqualFold(from.Host, realm) || a.options.Registrar.Known(from.User, realm)
}

// identifyLocal checks a user of ours: by the connection on which he registered, else by digest.
func (a *Agent) identifyLocal(flow transport.Flow, request *sip.Request, realm string) (identity, error) {
	claimed := request.From().Address.User + "@" + realm
	if known := a.users.get(flow); known != "" && known == claimed {
		return identity{origin: bridge.OriginUser, user: known}, nil
	}
	name, err := a.options.Authenticator.Verify(digest.AttemptOf(request, flow, realm, true))
	if err != nil {
		a.stats.challenged.Add(1)
		return identity{}, err
	}
	if name+"@"+realm != claimed {
		return identity{}, bridge.Cause{Status: 403, Text: "From Is Not Yours"}
	}
	a.users.set(flow, claimed)
	return identity{origin: bridge.OriginUser, user: claimed}, nil
}

// refuse answers a request with a cause, outside any transaction.
func (a *Agent) refuse(reply transport.Flow, request *sip.Request, err error) {
	cause, ok := errors.AsType[bridge.Cause](err)
	if !ok {
		cause = bridge.Cause{Status: 500, Err: err}
	}
	response := newResponse(request, cause.Status, cause.Text)
	addHeaders(response, cause.Headers)
	a.sendResponse(reply, response)
}

// mayContinue tells whether a flow may speak in a leg's dialog: the leg's own connection, a datagram (it
// knows the tags), or another connection of the same user. If not, it has been answered.
func (a *Agent) mayContinue(l *leg, flow, reply transport.Flow, request *sip.Request) bool {
	if flow.Done() == nil || l.owns(flow) {
		return true
	}
	user := l.Info().User
	if user == "" {
		if l.sameHost(flow) {
			return true
		}
		a.reply(reply, request, 403)
		return false
	}
	if a.users.get(flow) == user {
		return true
	}
	name, realm, _ := strings.Cut(user, "@")
	if !a.options.Domains.IsLocal(realm) {
		a.reply(reply, request, 403)
		return false
	}
	proved, err := a.options.Authenticator.Verify(digest.AttemptOf(request, flow, realm, true))
	switch {
	case err != nil:
		a.stats.challenged.Add(1)
		a.refuse(reply, request, err)
		return false
	case proved != name:
		a.reply(reply, request, 403)
		return false
	}
	a.users.set(flow, user)
	return true
}
