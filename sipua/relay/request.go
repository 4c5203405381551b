package relay

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/headers"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// request is one request on its way to a server and back.
type request struct {
	relay       *Relay
	source      transport.Flow
	transaction *transaction.Server
	to          Domain
	// register is what is to be done for a REGISTER; nil for any other request.
	register *register
	// subscribe is what is to be done for a SUBSCRIBE; nil for any other request.
	subscribe *subscribe
}

const (
	// answerTime is how long servers have to answer, so that the answer gets back before the sender gives up after 64*T1
	// (RFC 4320 section 4.2).
	answerTime = transaction.Timeout - 2*time.Second
	// tryingTime is when a sender who still repeats would do it each T2; from then on it is told that we are at it (RFC
	// 4320 section 4.1).
	tryingTime = transaction.T1 + 2*transaction.T1 + 4*transaction.T1
)

// prepare finds what is to be done for a request, and gives the status for why it is not passed on, or 0.
func (r *request) prepare(received *sip.Request) (status int) {
	switch received.Method {
	case sip.REGISTER:
		r.register = r.relay.newRegister(r.source, received, r.to)
	case sip.SUBSCRIBE:
		r.subscribe, status = r.relay.newSubscribe(r.source, received, r.to)
	case sip.PUBLISH:
		if r.relay.options.Removals.IsRepeated(r.source, received) {
			return 481
		}
	default:
	}
	return status
}

// forward sends the request on and takes the answer back. It waits for both in a goroutine of its own.
func (r *request) forward() {
	trying := r.relay.options.After(tryingTime, func() {
		if !r.transaction.Answered() {
			r.transaction.Respond(100, "")
		}
	})
	defer trying.Stop()
	targets, err := r.relay.options.Servers.Locate(r.to.NextHops, r.sender())
	if err != nil {
		r.relay.options.Complain("upstream server not found", "domain", r.to.Name, "error", err)
		r.transaction.Respond(503, "")
		r.subscribe.abandon()
		return
	}
	deadline := time.Now().Add(answerTime)
	response, err := r.relay.options.Servers.SendInOrder(targets, answerTime, r.forUpstream)
	for err == nil && r.register.again(r.transaction.Request, response) {
		response, err = r.relay.options.Servers.SendInOrder(targets, time.Until(deadline), r.forUpstream)
	}
	r.response(response, err)
}

// sender is who sends the request: all his requests go to the same server, while it lives.
func (r *request) sender() string {
	from := r.transaction.Request.From().Address
	return from.User + "@" + strings.ToLower(from.Host)
}

// forUpstream is the request as the server gets it: our Via, our Contact, and of the rest what is the browser's to say.
func (r *request) forUpstream(flow transport.Flow) *sip.Request {
	received := r.transaction.Request
	request := sip.NewRequest(received.Method, received.Recipient)
	request.SetTransport(flow.Transport())
	for _, header := range received.Headers() {
		if r.relay.options.Headers.Up(header.Name()) && !r.relay.options.IsOwn(header.Value()) {
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
func (r *request) response(upstream *sip.Response, err error) {
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
		if isCopied(header.Name()) || !r.relay.options.Headers.Down(header.Name()) {
			continue
		}
		response.AppendHeader(headerOf(header))
	}
	r.register.settle(upstream, response)
	r.subscribe.settle(upstream, response)
	if r.transaction.Request.Method == sip.REGISTER && upstream.IsSuccess() {
		r.relay.options.Users.Greet(r.source, r.register.user, response)
	}
	if r.transaction.Request.Method == sip.PUBLISH && upstream.IsSuccess() {
		r.relay.options.Removals.Note(r.source, r.transaction.Request)
	}
	response.SetBody(upstream.Body())
	r.transaction.Send(response)
	r.subscribe.release()
}

// isCopied tells whether a response has a header already, by the request that it answers.
func isCopied(name string) bool {
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
