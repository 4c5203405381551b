package relay

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// subscribe is what is to be done for a SUBSCRIBE that goes to a server, so that notices come back.
type subscribe struct {
	relay        *Relay
	source       transport.Flow
	subscription *subscription
	// inDialog tells that it is not the first one, isRemoval that it is the last.
	inDialog, isRemoval bool
}

// newSubscribe notes a subscription that a browser makes; the status says why it can't be made, or is 0.
func (r *Relay) newSubscribe(flow transport.Flow, received *sip.Request, to Domain) (made *subscribe, status int) {
	if contact := message.Contact(received); contact == nil || contact.Address.Wildcard {
		return nil, 400
	}
	fresh := r.newSubscription(flow, received, to)
	if !r.subscriptions.add(fresh) {
		return nil, 403
	}
	return &subscribe{relay: r, source: flow, subscription: fresh, isRemoval: message.Expires(received) == 0}, 0
}

// complete puts into a SUBSCRIBE where the server finds us, and how it gets to the server.
func (r *subscribe) complete(request *sip.Request, flow transport.Flow) {
	if r == nil {
		return
	}
	if r.inDialog {
		var routes []sip.Uri
		request.Recipient, routes = r.subscription.path()
		for _, route := range routes {
			request.AppendHeader(&sip.RouteHeader{Address: route})
		}
	}
	request.AppendHeader(&sip.ContactHeader{Address: message.ContactOn(flow, r.subscription.token)})
}

// settle takes the server's answer into account, and says in the response where the browser reaches us.
func (r *subscribe) settle(upstream, response *sip.Response) {
	switch {
	case r == nil:
	case upstream.IsSuccess():
		r.subscription.established(upstream, r.isRemoval)
		contact := message.ContactOn(r.source, r.subscription.token)
		response.AppendHeader(&sip.ContactHeader{Address: contact})
	case !r.inDialog, upstream.StatusCode == sip.StatusCallTransactionDoesNotExists:
		r.relay.subscriptions.remove(r.subscription)
	}
}

// release lets what the server has told already reach the browser, which has its answer now.
func (r *subscribe) release() {
	if r != nil {
		r.subscription.release()
	}
}

// abandon forgets a subscription about which the server said nothing.
func (r *subscribe) abandon() {
	if r == nil {
		return
	}
	if !r.inDialog {
		r.relay.subscriptions.remove(r.subscription)
	}
	r.subscription.release()
}
