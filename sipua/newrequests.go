package sipua

import (
	"errors"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// receiveNew takes a request that belongs to no dialog and no transaction.
func (a *Agent) receiveNew(flow, reply transport.Flow, request *sip.Request) {
	if err := errors.Join(a.admission.MayAsk(flow, request), a.mayChoose(flow, request)); err != nil {
		a.refuse(reply, request, err)
		return
	}
	upstream, passedOn := a.relayTarget(flow, request)
	if route, ok := chosenNextHop(flow, request); ok {
		upstream = upstream.preferring(route)
	}
	if status, headers := a.objection(request, passedOn); status != 0 {
		a.reply(reply, request, status, headers...)
		return
	}
	switch request.Method {
	case sip.INVITE:
		a.receiveInvite(flow, reply, request)
	case sip.REGISTER, sip.OPTIONS, sip.MESSAGE, sip.SUBSCRIBE, sip.PUBLISH:
		if !passedOn {
			a.receiveOwn(flow, reply, request)
		} else if err := a.mayRelay(flow, request, upstream); err != nil {
			a.refuse(reply, request, err)
		} else {
			a.passOn(flow, reply, request, upstream)
		}
	case sip.NOTIFY:
		a.receiveNotify(flow, reply, request)
	case sip.BYE, sip.UPDATE, sip.INFO, sip.PRACK:
		a.reply(reply, request, 481)
	case sip.REFER: // nobody makes calls from here; a transfer belongs to a dialog (RFC 7647 section 4)
		a.reply(reply, request, 403)
	default:
		a.reply(reply, request, 405, sip.NewHeader("Allow", allowedMethods+outsideMethods))
	}
}

// receiveOwn takes what is for us and not for an upstream server.
func (a *Agent) receiveOwn(flow, reply transport.Flow, request *sip.Request) {
	switch request.Method {
	case sip.REGISTER:
		if realm, ok := a.options.Domains.local(request.To().Address.Host); ok {
			a.registerLocal(flow, reply, request, realm)
		} else {
			a.registerNowhere(flow, reply, request)
		}
	case sip.OPTIONS:
		a.receiveOptions(flow, reply, request)
	case sip.SUBSCRIBE:
		a.receiveSubscribe(flow, reply, request)
	case sip.PUBLISH:
		a.receivePublish(flow, reply, request)
	default:
		a.receiveText(flow, reply, request)
	}
}

// relayTarget gives the upstream server for whose domain a request is that is passed on as it is. What a server says
// itself is for us.
func (a *Agent) relayTarget(flow transport.Flow, request *sip.Request) (Upstream, bool) {
	if _, ok := a.upstreams.Of(flow); ok {
		return Upstream{}, false
	}
	switch request.Method {
	case sip.REGISTER:
		return a.options.Domains.upstream(request.To().Address.Host)
	case sip.OPTIONS, sip.MESSAGE, sip.SUBSCRIBE, sip.PUBLISH:
		return a.options.Domains.upstream(request.Recipient.Host)
	default:
		return Upstream{}, false
	}
}

// mayRelay keeps the bridge from being a relay for strangers: to a server goes only what a client connected to us
// says for itself in that very domain, whose server checks it; and, but for REGISTER, only once it has registered
// there, because a server may take for granted what comes from our address.
func (a *Agent) mayRelay(flow transport.Flow, request *sip.Request, upstream Upstream) error {
	if err := a.identity.MayClaim(flow, request); err != nil {
		return err
	}
	from := request.From().Address
	if flow.Done() == nil || !strings.EqualFold(from.Host, upstream.Domain) {
		return bridge.Cause{Status: 403}
	}
	if request.Method == sip.REGISTER {
		return a.relay.Admit(flow, request)
	}
	if a.users.Of(flow) != message.AddressOfRecord(from) {
		return bridge.Cause{Status: 403}
	}
	if !a.rates.Allow(message.AddressOfRecord(from), time.Now()) {
		return message.TooManyRequests()
	}
	return nil
}
