package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// relayedSubscribe is what is to be done for a SUBSCRIBE that goes to an upstream server, so that notices come back.
type relayedSubscribe struct {
	agent        *Agent
	source       transport.Flow
	subscription *relayedSubscription
	// inDialog tells that it is not the first one, isRemoval that it is the last.
	inDialog, isRemoval bool
}

// relayedSubscribe notes a subscription that a browser makes; the status says why it can't be made, or is 0.
func (a *Agent) relayedSubscribe(flow transport.Flow, request *sip.Request, upstream Upstream,
) (subscribe *relayedSubscribe, status int) {
	if contact := message.Contact(request); contact == nil || contact.Address.Wildcard {
		return nil, 400
	}
	subscription := a.newRelayedSubscription(flow, request, upstream)
	if !a.relayedSubscriptions.add(subscription) {
		return nil, 403
	}
	return &relayedSubscribe{
		agent: a, source: flow, subscription: subscription, isRemoval: message.Expires(request) == 0,
	}, 0
}

// relayInSubscription passes on what a browser says in the dialog of its subscription.
func (a *Agent) relayInSubscription(s *relayedSubscription, flow, reply transport.Flow, request *sip.Request) {
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("request dropped", "error", err)
		return
	}
	a.stats.relayed.Add(1)
	r := &relayed{agent: a, source: flow, transaction: transaction, upstream: s.upstream}
	r.subscribe = &relayedSubscribe{
		agent: a, source: flow, subscription: s, inDialog: true, isRemoval: message.Expires(request) == 0,
	}
	if !a.crew.start(r.forward) {
		transaction.Respond(503, "")
	}
}

// complete puts into a SUBSCRIBE where the server finds us, and how it gets to the server.
func (r *relayedSubscribe) complete(request *sip.Request, flow transport.Flow) {
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
func (r *relayedSubscribe) settle(upstream, response *sip.Response) {
	switch {
	case r == nil:
	case upstream.IsSuccess():
		r.subscription.established(upstream, r.isRemoval)
		contact := message.ContactOn(r.source, r.subscription.token)
		response.AppendHeader(&sip.ContactHeader{Address: contact})
	case !r.inDialog, upstream.StatusCode == sip.StatusCallTransactionDoesNotExists:
		r.agent.relayedSubscriptions.remove(r.subscription)
	}
}

// release lets what the server has told already reach the browser, which has its answer now.
func (r *relayedSubscribe) release() {
	if r != nil {
		r.subscription.release()
	}
}

// abandon forgets a subscription about which the server said nothing.
func (r *relayedSubscribe) abandon() {
	if r == nil {
		return
	}
	if !r.inDialog {
		r.agent.relayedSubscriptions.remove(r.subscription)
	}
	r.subscription.release()
}
