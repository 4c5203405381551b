package sipua

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/headers"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// relayed is one request on its way to an upstream server and back. The bridge adds nothing and
// knows no password: challenges go to the browser, its credentials go up (RFC 3261 section 22.3).
type relayed struct {
	agent       *Agent
	source      transport.Flow
	transaction *transaction.Server
	upstream    Upstream
	// register is what is to be done for a REGISTER; nil for any other request.
	register *relayedRegister
	// subscribe is what is to be done for a SUBSCRIBE; nil for any other request.
	subscribe *relayedSubscribe
}

const (
	// relayTime is how long servers have to answer, so that the answer gets back before the sender gives up after 64*T1
	// (RFC 4320 section 4.2).
	relayTime = transaction.Timeout - 2*time.Second
	// tryingTime is when a sender who still repeats would do it each T2; from then on it is told that we are at it (RFC
	// 4320 section 4.1).
	tryingTime = transaction.T1 + 2*transaction.T1 + 4*transaction.T1
)

// relay passes a request to an upstream server.
func (a *Agent) relay(flow, reply transport.Flow, request *sip.Request, upstream Upstream) {
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("request dropped", "error", err)
		return
	}
	a.stats.relayed.Add(1)
	r := &relayed{agent: a, source: flow, transaction: transaction, upstream: upstream}
	if status := r.prepare(request); status != 0 {
		transaction.Respond(status, "")
		return
	}
	if !a.crew.start(r.forward) {
		transaction.Respond(503, "")
	}
}

// prepare finds what is to be done for a request, and gives the status for why it is not passed on, or 0.
func (r *relayed) prepare(request *sip.Request) (status int) {
	switch request.Method {
	case sip.REGISTER:
		r.register = r.agent.relayedRegister(r.source, request, r.upstream)
	case sip.SUBSCRIBE:
		r.subscribe, status = r.agent.relayedSubscribe(r.source, request, r.upstream)
	case sip.PUBLISH:
		if r.agent.removals.IsRepeated(r.source, request) {
			return 481
		}
	default:
	}
	return status
}

// forward sends the request on and takes the answer back. It waits for both in a goroutine of its own.
func (r *relayed) forward() {
	trying := r.agent.after(tryingTime, func() {
		if !r.transaction.Answered() {
			r.transaction.Respond(100, "")
		}
	})
	defer trying.Stop()
	targets, err := r.agent.failover.Locate(r.upstream.NextHops, r.sender())
	if err != nil {
		r.agent.complain("upstream server not found", "domain", r.upstream.Domain, "error", err)
		r.transaction.Respond(503, "")
		return
	}
	deadline := time.Now().Add(relayTime)
	response, err := r.agent.failover.SendInOrder(targets, relayTime, r.forUpstream)
	for err == nil && r.register.again(r.transaction.Request, response) {
		response, err = r.agent.failover.SendInOrder(targets, time.Until(deadline), r.forUpstream)
	}
	r.response(response, err)
}

// sender is who sends the request: all his requests go to the same server, while it lives.
func (r *relayed) sender() string {
	from := r.transaction.Request.From().Address
	return from.User + "@" + strings.ToLower(from.Host)
}

// forUpstream is the request as the server gets it: our Via, our Contact, and of the rest what is the browser's to say.
func (r *relayed) forUpstream(flow transport.Flow) *sip.Request {
	received := r.transaction.Request
	request := sip.NewRequest(received.Method, received.Recipient)
	request.SetTransport(flow.Transport())
	for _, header := range received.Headers() {
		if r.agent.options.Headers.Up(header.Name()) && !r.agent.isOwnToken(header.Value()) {
			request.AppendHeader(sip.HeaderClone(header))
		}
	}
	request.SetBody(received.Body())
	r.register.complete(request, flow)
	r.subscribe.complete(request, flow)
	left := sip.MaxForwardsHeader(message.Hops(received) - 1) // one with 0 has been refused
	request.AppendHeader(&left)
	message.Complete(flow, request)
	return request
}

// response takes the server's answer back to the browser.
func (r *relayed) response(upstream *sip.Response, err error) {
	if err != nil {
		r.transaction.Respond(message.NotTimeout(message.CauseOfError(err).Status), "")
		r.subscribe.abandon()
		return
	}
	if upstream.StatusCode == sip.StatusRequestTimeout {
		r.transaction.Respond(message.NotTimeout(upstream.StatusCode), "")
		r.subscribe.abandon()
		return
	}
	response := message.NewResponse(r.transaction.Request, upstream.StatusCode, upstream.Reason)
	if tag := message.Tag(upstream); tag != "" {
		message.SetTag(response, tag)
	}
	for _, header := range upstream.Headers() {
		if isOwn(header.Name()) || !r.agent.options.Headers.Down(header.Name()) {
			continue
		}
		response.AppendHeader(headerOf(header))
	}
	r.register.settle(upstream, response)
	r.subscribe.settle(upstream, response)
	if r.transaction.Request.Method == sip.REGISTER && upstream.IsSuccess() {
		r.agent.nameICEServers(r.source, r.register.user, response)
	}
	if r.transaction.Request.Method == sip.PUBLISH && upstream.IsSuccess() {
		r.agent.removals.Note(r.source, r.transaction.Request)
	}
	response.SetBody(upstream.Body())
	r.transaction.Send(response)
	r.subscribe.release()
}

// isOwn tells whether a response has a header already, by the request that it answers.
func isOwn(name string) bool {
	switch strings.ToLower(name) {
	case "from", "to", "call-id", "cseq":
		return true
	default:
		return false
	}
}

// headerOf copies a header for the other party.
func headerOf(header sip.Header) sip.Header {
	if value := headers.Value(header.Name(), header.Value()); value != header.Value() {
		return sip.NewHeader(header.Name(), value)
	}
	return sip.HeaderClone(header)
}
