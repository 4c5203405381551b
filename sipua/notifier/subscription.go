package notifier

import (
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transport"
)

// subscription is a subscription to a local user: a dialog on the flow on which it was made.
type subscription struct {
	notifier *Notifier
	flow     transport.Flow
	// ends are those of the dialog, contact is our address in it.
	ends    message.Ends
	contact sip.Uri
	// user is who watches, "name@domain".
	user string
	// event is the Event header of the notifications.
	event string
	// told is what is told on it; it is set before anything is.
	told *presence.Subscription

	mu sync.Mutex
	// target is where requests to the watcher go, routes are the proxies on the way. Guarded by mu.
	target sip.Uri
	routes []sip.Uri
	// sent and received are the last CSeq numbers of either side. Guarded by mu.
	sent, received uint32
}

var _ presence.Watcher = (*subscription)(nil)

// newSubscription makes the dialog that a SUBSCRIBE starts (RFC 6665 section 4.4.1).
func (n *Notifier) newSubscription(flow transport.Flow, request *sip.Request, user string) *subscription {
	s := &subscription{
		notifier: n, flow: flow, user: user, event: eventOf(request),
		ends: message.EndsOf(request), contact: message.ContactOn(flow, request.Recipient.User),
		routes: message.RecordedRoutes(request), received: request.CSeq().SeqNo,
	}
	s.setTarget(message.Contact(request))
	return s
}

// eventOf is the event of a SUBSCRIBE as its notifications name it: with the id by which the watcher tells several of
// one dialog apart (RFC 6665 section 8.2.1).
func eventOf(request *sip.Request) string {
	name, params, _ := strings.Cut(message.Value(request, "Event"), ";")
	event := strings.ToLower(strings.TrimSpace(name))
	for param := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(key, "id") && value != "" {
			return event + ";id=" + value
		}
	}
	return event
}

// Notify sends a NOTIFY in the dialog.
func (s *subscription) Notify(notification presence.Notification, answered func(status int)) {
	notify := s.request()
	notify.AppendHeader(sip.NewHeader("Event", s.event))
	notify.AppendHeader(sip.NewHeader("Subscription-State", notification.State))
	notify.AppendHeader(sip.NewHeader("Content-Type", notification.ContentType))
	notify.SetBody(notification.Body)
	message.Complete(s.flow, notify)
	_, err := s.notifier.options.Transactions.Send(s.flow, notify, func(response *sip.Response, err error) {
		switch {
		case err != nil:
			s.heard(0, answered)
		case !response.IsProvisional():
			s.heard(response.StatusCode, answered)
		}
	})
	if err != nil {
		s.heard(0, answered)
	}
}

// request makes the next NOTIFY.
func (s *subscription) request() *sip.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	notify := s.ends.Request(sip.NOTIFY, s.sent, s.target, s.routes)
	notify.AppendHeader(s.contactHeader())
	return notify
}

// heard takes the answer to a NOTIFY, after which the subscription may be over.
func (s *subscription) heard(status int, answered func(status int)) {
	answered(status)
	if s.notifier.options.Presence.IsOver(s.told) {
		s.notifier.subscriptions.remove(s)
	}
}

// next takes the sequence number and Contact of a request of the watcher, and tells whether it is in order.
func (s *subscription) next(request *sip.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if request.CSeq().SeqNo <= s.received {
		return false
	}
	s.received = request.CSeq().SeqNo
	s.setTarget(message.Contact(request))
	return true
}

// setTarget takes where requests to the watcher go. mu is held, or nobody else knows s yet.
func (s *subscription) setTarget(contact *sip.ContactHeader) {
	if contact != nil && !contact.Address.Wildcard {
		s.target = *contact.Address.Clone()
	}
}

// contactHeader says where the watcher reaches us in the dialog.
func (s *subscription) contactHeader() sip.Header { return &sip.ContactHeader{Address: s.contact} }
