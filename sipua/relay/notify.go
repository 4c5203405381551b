package relay

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// PassInDialog takes a request in the dialog of a subscription at a server, and tells whether it is in one. domain is
// the one whose server the flow comes from, or empty.
func (r *Relay) PassInDialog(flow, reply transport.Flow, received *sip.Request, domain string) bool {
	if s := r.subscriptions.ofBrowser(received); s != nil {
		r.fromBrowser(s, flow, reply, received)
		return true
	}
	if s := r.subscriptions.ofServer(received); s != nil {
		r.fromServer(s, flow, reply, received, domain)
		return true
	}
	return false
}

// fromServer takes a NOTIFY of a server on a browser's subscription there.
func (r *Relay) fromServer(s *subscription, flow, reply transport.Flow, received *sip.Request, domain string) {
	if err := objectionToNotify(s, received, domain); err != nil {
		r.options.Refuse(reply, received, err)
		return
	}
	transaction, err := r.options.Transactions.NewServer(flow, reply, received)
	if err != nil {
		r.options.Log.Debug("NOTIFY dropped", "error", err)
		return
	}
	if !s.whenAnswered(func() { r.notifyBrowser(s, transaction) }) {
		r.options.Refuse(reply, received, message.TooManyRequests())
	}
}

// objectionToNotify is why a NOTIFY is not passed on, a bridge.Cause, or nil.
func objectionToNotify(s *subscription, received *sip.Request, domain string) error {
	switch {
	case domain == "" || domain != s.to.Name:
		return bridge.Cause{Status: 403}
	case received.Method != sip.NOTIFY:
		return notAllowed("NOTIFY")
	case !s.notified(received):
		return bridge.Cause{Status: 481}
	default:
		return nil
	}
}

// notAllowed refuses a method where there is one other.
func notAllowed(allowed string) bridge.Cause {
	return bridge.Cause{Status: 405, Headers: []bridge.Header{{Name: "Allow", Value: allowed}}}
}

// notifyBrowser passes a NOTIFY down the browser's connection, and its answer back.
func (r *Relay) notifyBrowser(s *subscription, transaction *transaction.Server) {
	if r.subscriptions.ofServer(transaction.Request) != s {
		transaction.Respond(481, "") // its SUBSCRIBE was refused
		return
	}
	flow, _ := s.place()
	state, _, _ := strings.Cut(message.Value(transaction.Request, "Subscription-State"), ";")
	isLast := strings.EqualFold(strings.TrimSpace(state), "terminated")
	r.passed.Add(1)
	notify := r.forBrowser(s, transaction.Request)
	_, err := r.options.Transactions.Send(flow, notify, func(response *sip.Response, err error) {
		switch {
		case err != nil:
			transaction.Respond(480, "")
		case response.IsProvisional():
			return
		default:
			transaction.Respond(message.NotTimeout(response.StatusCode), "")
		}
		if isLast || err == nil && response.StatusCode == 481 {
			r.subscriptions.remove(s)
		}
	})
	if err != nil {
		transaction.Respond(481, "") // its connection has just ended
		r.subscriptions.remove(s)
	}
}

// forBrowser is a NOTIFY as the browser gets it: our Via and Contact, the rest as the server said it.
func (r *Relay) forBrowser(s *subscription, received *sip.Request) *sip.Request {
	flow, contact := s.place()
	request := sip.NewRequest(received.Method, contact)
	for _, header := range received.Headers() {
		if r.options.Headers.Down(header.Name()) {
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

// fromBrowser takes a browser's refresh or removal of its subscription at a server. When it asks again for the end of
// what has ended, it hears that there is nothing: sipML5 would go on asking.
func (r *Relay) fromBrowser(s *subscription, flow, reply transport.Flow, received *sip.Request) {
	if err := r.objectionToRefresh(s, flow, received); err != nil {
		r.options.Refuse(reply, received, err)
		return
	}
	s.moves(flow, received)
	r.passInDialog(s, flow, reply, received)
}

// objectionToRefresh is why a SUBSCRIBE is not passed on, a bridge.Cause, or nil.
func (r *Relay) objectionToRefresh(s *subscription, flow transport.Flow, received *sip.Request) error {
	at, _ := s.place()
	switch {
	case flow != at && !r.options.Users.Is(flow, s.user):
		return bridge.Cause{Status: 403}
	case received.Method != sip.SUBSCRIBE:
		return notAllowed("SUBSCRIBE")
	case s.hasEnded():
		return bridge.Cause{Status: 481}
	case !r.options.Users.Allow(s.user):
		return message.TooManyRequests()
	default:
		return nil
	}
}

// passInDialog passes on what a browser says in the dialog of its subscription.
func (r *Relay) passInDialog(s *subscription, flow, reply transport.Flow, received *sip.Request) {
	transaction, err := r.options.Transactions.NewServer(flow, reply, received)
	if err != nil {
		r.options.Log.Debug("request dropped", "error", err)
		return
	}
	r.passed.Add(1)
	passing := &request{relay: r, source: flow, transaction: transaction, to: s.to}
	passing.subscribe = &subscribe{
		relay: r, source: flow, subscription: s, inDialog: true, isRemoval: message.Expires(received) == 0,
	}
	if !r.options.Start(passing.forward) {
		transaction.Respond(503, "")
	}
}
