package relay

import (
	"slices"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// subscription is a browser's subscription at a server. Its dialog is theirs: Call-ID, tags and
// sequence numbers cross unchanged, and each side knows the other by an address of ours.
type subscription struct {
	// callID and tag, of the browser, name it.
	callID, tag string
	// user is who watches, token what the server knows him by.
	user, token string
	// to is the server's domain.
	to Domain

	mu sync.Mutex
	// flow is the browser's connection, contact its address. Guarded by mu.
	flow    transport.Flow
	contact sip.Uri
	// serverTag, target and routes are the server's side of the dialog, once it is known. Guarded by mu.
	serverTag string
	target    sip.Uri
	routes    []sip.Uri
	// until is when the server forgets it, ended that the browser has unsubscribed. Guarded by mu.
	until time.Time
	ended bool
	// answered tells that the browser has the answer to its first SUBSCRIBE; until then NOTIFYs wait, since JsSIP knows
	// no subscription before. Guarded by mu.
	answered bool
	waiting  []func()
}

// mostEarly is how many NOTIFYs wait for the answer to their SUBSCRIBE.
const mostEarly = 8

// whenAnswered does something once the browser has its answer. It reports false if too much waits.
func (s *subscription) whenAnswered(do func()) bool {
	s.mu.Lock()
	ready := s.answered
	fits := ready || len(s.waiting) < mostEarly
	if !ready && fits {
		s.waiting = append(s.waiting, do)
	}
	s.mu.Unlock()
	if ready {
		do()
	}
	return fits
}

// release lets what waits happen: the browser has its answer.
func (s *subscription) release() {
	s.mu.Lock()
	waiting := s.waiting
	s.answered, s.waiting = true, nil
	s.mu.Unlock()
	for _, do := range waiting {
		do()
	}
}

// newSubscription notes a SUBSCRIBE that goes up: the first NOTIFY may come before its 200.
func (r *Relay) newSubscription(flow transport.Flow, received *sip.Request, to Domain) *subscription {
	from, contact := received.From(), message.Contact(received)
	s := &subscription{
		callID: received.CallID().Value(), user: message.AddressOfRecord(from.Address),
		to: to, flow: flow, contact: contact.Address, until: time.Now().Add(transaction.Timeout),
	}
	s.tag, _ = from.Params.Get("tag")
	known, ok := r.bindings.same(s.user, contact.Address.String(), flow)
	if s.token = known.Token; !ok {
		s.token = message.NewTag()
	}
	return s
}

// established takes the server's side of the dialog from its answer to a SUBSCRIBE.
func (s *subscription) established(response *sip.Response, isRemoval bool) {
	routes := message.RecordedRoutes(response)
	slices.Reverse(routes)
	seconds := max(message.Expires(response), 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learn(message.Tag(response), message.Contact(response), routes)
	s.until = time.Now().Add(time.Duration(seconds)*time.Second + transaction.Timeout)
	s.ended = isRemoval
}

// notified takes the server's side from a NOTIFY, and tells whether that belongs to the subscription: another tag is
// that of another server, to which a proxy forked the SUBSCRIBE (RFC 6665 section 4.1.4).
func (s *subscription) notified(notify *sip.Request) bool {
	tag, _ := notify.From().Params.Get("tag")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serverTag != "" && s.serverTag != tag {
		return false
	}
	s.learn(tag, message.Contact(notify), message.RecordedRoutes(notify))
	return true
}

// learn notes the server's side of the dialog; routes count only once. mu is held.
func (s *subscription) learn(tag string, contact *sip.ContactHeader, routes []sip.Uri) {
	if s.serverTag == "" {
		s.serverTag, s.routes = tag, routes
	}
	if contact != nil && !contact.Address.Wildcard {
		s.target = *contact.Address.Clone()
	}
}

// path gives the Request-URI and routes of a request to the server.
func (s *subscription) path() (requestURI sip.Uri, routes []sip.Uri) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return message.Path(s.target, s.routes)
}

// place gives where the browser is.
func (s *subscription) place() (flow transport.Flow, contact sip.Uri) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flow, *s.contact.Clone()
}

// moves notes that the browser goes on from another connection, or with another Contact.
func (s *subscription) moves(flow transport.Flow, request *sip.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flow = flow
	if contact := message.Contact(request); contact != nil && !contact.Address.Wildcard {
		s.contact = contact.Address
	}
}

// isOver tells whether the server will say no more at a time.
func (s *subscription) isOver(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.After(s.until)
}

// hasEnded tells whether the browser has unsubscribed; the server may still tell that.
func (s *subscription) hasEnded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}
