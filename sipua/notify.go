package sipua

import (
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/presence"
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
	transaction, err := a.transactions.newServer(flow, reply, request)
	if err != nil {
		a.log.Debug("NOTIFY dropped", "error", err)
		return
	}
	devices, known := a.devicesFor(request, who)
	if a.takesMailbox(request) {
		if err := a.mailboxChanged(request); err != nil {
			transaction.respond(400, "Bad Message Summary")
			return
		}
		transaction.respond(200, "")
		devices = slices.DeleteFunc(devices, a.watchesMailbox)
	}
	switch {
	case len(devices) > 0:
		a.deliver(transaction, devices, who)
	case transaction.answered():
	case known:
		transaction.respond(480, "")
	default:
		transaction.respond(404, "")
	}
}

// knownServer gives the server that sends a request, if it is one that we are configured to use.
func (a *Agent) knownServer(flow transport.Flow, request *sip.Request) (identity, bool) {
	if peer, ok := a.fromTrunk(flow, request); ok {
		return identity{origin: bridge.OriginUpstream, trunk: peer.Name(), peer: peer}, true
	}
	upstream, ok := a.fromUpstream(flow)
	return identity{origin: bridge.OriginUpstream, trunk: upstream.Domain}, ok
}

// takesMailbox tells whether a NOTIFY is of the mailbox of a user of ours.
func (a *Agent) takesMailbox(request *sip.Request) bool {
	pkg, err := presence.PackageOf(valueOf(request, "Event"))
	realm, isLocal := a.options.Domains.local(request.Recipient.Host)
	name := unescape(request.Recipient.User)
	if _, isToken := a.relayedToken(request); isToken {
		return false
	}
	return err == nil && pkg == presence.MessageSummary && isLocal && name != "" &&
		a.options.Registrar.Known(name, realm)
}

// mailboxChanged keeps what a server tells of the mailbox of a user of ours, for those of his devices that ask.
func (a *Agent) mailboxChanged(request *sip.Request) error {
	mailbox, err := presence.ReadMailbox(request.Body())
	if err != nil {
		return err
	}
	realm, _ := a.options.Domains.local(request.Recipient.Host)
	a.presence.MailboxChanged(unescape(request.Recipient.User)+"@"+realm, mailbox)
	return nil
}

// watchesMailbox tells whether a device hears of its mailbox by a subscription.
func (a *Agent) watchesMailbox(device bindingEndpoint) bool {
	return slices.ContainsFunc(a.watchers.on(device.flow), func(w *watcher) bool {
		return strings.HasPrefix(w.event, string(presence.MessageSummary)) && w.user == device.user
	})
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
	transaction, err := a.transactions.newServer(flow, reply, request)
	if err != nil {
		a.log.Debug("NOTIFY dropped", "error", err)
		return
	}
	if !s.whenAnswered(func() { a.notifyBrowser(s, transaction) }) {
		a.refuse(reply, request, tooManyRequests())
	}
}

// notifyBrowser passes a NOTIFY down the browser's connection, and its answer back.
func (a *Agent) notifyBrowser(s *relayedSubscription, transaction *serverTransaction) {
	if a.relayedSubscriptions.ofServer(transaction.request) != s {
		transaction.respond(481, "") // its SUBSCRIBE was refused
		return
	}
	flow, _ := s.place()
	state, _, _ := strings.Cut(valueOf(transaction.request, "Subscription-State"), ";")
	isLast := strings.EqualFold(strings.TrimSpace(state), "terminated")
	a.stats.relayed.Add(1)
	_, err := a.transactions.send(flow, a.forBrowser(s, transaction.request), func(response *sip.Response, err error) {
		switch {
		case err != nil:
			transaction.respond(480, "")
		case response.IsProvisional():
			return
		default:
			transaction.respond(notTimeout(response.StatusCode), "")
		}
		if isLast || err == nil && response.StatusCode == 481 {
			a.relayedSubscriptions.remove(s)
		}
	})
	if err != nil {
		transaction.respond(481, "") // its connection has just ended
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
	left := sip.MaxForwardsHeader(max(hopsOf(received)-1, 0))
	request.AppendHeader(&left)
	request.AppendHeader(&sip.ContactHeader{Address: a.contact(flow, s.token)})
	request.SetBody(received.Body())
	a.complete(flow, request)
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
