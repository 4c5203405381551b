package sipua

import (
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// receiveNotify takes a NOTIFY that nobody subscribed to, which only servers may send: of a mailbox (RFC 3842 section
// 3.3.1), and what else their phones understand.
func (a *Agent) receiveNotify(flow, reply transport.Flow, request *sip.Request) {
	who, ok := a.knownServer(flow, request)
	if !ok {
		a.reply(reply, request, 481)
		return
	}
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("NOTIFY dropped", "error", err)
		return
	}
	asked := a.asked(request, who)
	devices, err := a.devicesFor(asked)
	if owner, ok := a.mailboxOwner(request, asked); ok {
		mailbox, bad := presence.ReadMailbox(request.Body())
		if bad != nil {
			transaction.Respond(400, "Bad Message Summary")
			return
		}
		a.presence.MailboxChanged(owner, mailbox)
		transaction.Respond(200, "")
		devices = slices.DeleteFunc(devices, a.watchesMailbox)
	}
	switch {
	case len(devices) > 0:
		a.deliver(transaction, devices, who)
	case transaction.Answered():
	default:
		transaction.Send(message.Refusal(request, bridge.CauseOf(err), 480))
	}
}

// devicesFor gives the devices of the user that a request outside of calls is for. The error is a bridge.Cause.
func (a *Agent) devicesFor(asked bridge.Request) (devices []bindingEndpoint, err error) {
	targets, err := a.options.Route(asked)
	for _, target := range targets {
		if device, ok := target.Endpoint.(bindingEndpoint); ok {
			devices = append(devices, device)
		}
	}
	if err == nil && len(devices) == 0 {
		err = bridge.Cause{Status: 404}
	}
	return devices, err
}

// knownServer gives the server that sends a request, if it is one that we are configured to use.
func (a *Agent) knownServer(flow transport.Flow, request *sip.Request) (identity, bool) {
	if peer, ok := a.fromTrunk(flow, request); ok {
		return identity{origin: bridge.OriginUpstream, trunk: peer.Name(), peer: peer}, true
	}
	upstream, ok := a.fromUpstream(flow)
	return identity{origin: bridge.OriginUpstream, trunk: upstream.Domain}, ok
}

// mailboxOwner gives the user of ours, "name@domain", of whose mailbox a NOTIFY tells: the one whom the routes name for
// the number that it is for. There is none if it is for a browser that registered at the server.
func (a *Agent) mailboxOwner(request *sip.Request, asked bridge.Request) (owner string, ok bool) {
	pkg, err := presence.PackageOf(message.Value(request, "Event"))
	if _, isToken := a.relayedToken(request); isToken || err != nil || pkg != presence.MessageSummary {
		return "", false
	}
	name, domain, ok := a.options.Owner(asked)
	realm, isLocal := a.options.Domains.local(domain)
	if !ok || !isLocal || name == "" || !a.options.Registrar.Known(name, realm) {
		return "", false
	}
	return name + "@" + realm, true
}

// watchesMailbox tells whether a device hears of its mailbox by a subscription.
func (a *Agent) watchesMailbox(device bindingEndpoint) bool {
	return a.notifier.Watches(device.flow, device.user, presence.MessageSummary)
}

// receiveFromServer takes a NOTIFY of an upstream server on a browser's subscription there.
func (a *Agent) receiveFromServer(s *relayedSubscription, flow, reply transport.Flow, request *sip.Request) {
	upstream, ok := a.fromUpstream(flow)
	switch {
	case !ok || upstream.Domain != s.upstream.Domain:
		a.reply(reply, request, 403)
		return
	case request.Method != sip.NOTIFY:
		a.reply(reply, request, 405, sip.NewHeader("Allow", "NOTIFY"))
		return
	case !s.notified(request):
		a.reply(reply, request, 481)
		return
	}
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("NOTIFY dropped", "error", err)
		return
	}
	if !s.whenAnswered(func() { a.notifyBrowser(s, transaction) }) {
		a.refuse(reply, request, tooManyRequests())
	}
}

// notifyBrowser passes a NOTIFY down the browser's connection, and its answer back.
func (a *Agent) notifyBrowser(s *relayedSubscription, transaction *transaction.Server) {
	if a.relayedSubscriptions.ofServer(transaction.Request) != s {
		transaction.Respond(481, "") // its SUBSCRIBE was refused
		return
	}
	flow, _ := s.place()
	state, _, _ := strings.Cut(message.Value(transaction.Request, "Subscription-State"), ";")
	isLast := strings.EqualFold(strings.TrimSpace(state), "terminated")
	a.stats.relayed.Add(1)
	_, err := a.transactions.Send(flow, a.forBrowser(s, transaction.Request), func(response *sip.Response, err error) {
		switch {
		case err != nil:
			transaction.Respond(480, "")
		case response.IsProvisional():
			return
		default:
			transaction.Respond(message.NotTimeout(response.StatusCode), "")
		}
		if isLast || err == nil && response.StatusCode == 481 {
			a.relayedSubscriptions.remove(s)
		}
	})
	if err != nil {
		transaction.Respond(481, "") // its connection has just ended
		a.relayedSubscriptions.remove(s)
	}
}

// forBrowser is a NOTIFY as the browser gets it: our Via and Contact, the rest as the server said it.
func (a *Agent) forBrowser(s *relayedSubscription, received *sip.Request) *sip.Request {
	flow, contact := s.place()
	request := sip.NewRequest(received.Method, contact)
	for _, header := range received.Headers() {
		if a.options.Headers.Down(header.Name()) {
			request.AppendHeader(headerOf(header))
		}
	}
	left := sip.MaxForwardsHeader(max(message.Hops(received)-1, 0))
	request.AppendHeader(&left)
	request.AppendHeader(&sip.ContactHeader{Address: message.ContactOn(flow, s.token)})
	request.SetBody(received.Body())
	message.Complete(flow, request)
	return request
}

// receiveFromBrowser takes a browser's refresh or removal of its subscription at an upstream server. When it asks again
// for the end of what has ended, it hears that there is nothing: sipML5 would go on asking.
func (a *Agent) receiveFromBrowser(s *relayedSubscription, flow, reply transport.Flow, request *sip.Request) {
	at, _ := s.place()
	switch {
	case flow != at && a.users.get(flow) != s.user:
		a.reply(reply, request, 403)
		return
	case request.Method != sip.SUBSCRIBE:
		a.reply(reply, request, 405, sip.NewHeader("Allow", "SUBSCRIBE"))
		return
	case s.hasEnded():
		a.reply(reply, request, 481)
		return
	case !a.rates.allow(s.user, time.Now()):
		a.refuse(reply, request, tooManyRequests())
		return
	}
	s.moves(flow, request)
	a.relayInSubscription(s, flow, reply, request)
}
