package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/failover"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

var (
	_ bridge.Recipient = bindingEndpoint{}
	_ bridge.Recipient = trunkEndpoint{}
	_ bridge.Recipient = upstreamEndpoint{}
	_ bridge.Recipient = gateway{}
)

// textPatience is how long who gets a message may take to answer, with all challenges. Its sender gives up after
// 32 s himself.
const textPatience = 20 * time.Second

// outsideText is a MESSAGE of ours that belongs to no call, on its way.
type outsideText struct {
	agent   *Agent
	way     way
	message bridge.Message
	dialog  *dialog.Dialog // of which there is only this request
	// flow is the one that it was sent on, proof what answered a challenge there.
	flow  transport.Flow
	proof sip.Header
}

// text brings a message by a way; err says why there is none. What is for one connection is sent at once, so that
// messages to a device stay in order. done hears what became of it.
func (a *Agent) text(w way, err error, said bridge.Message, done func(bridge.Cause)) {
	if err != nil {
		done(bridge.CauseOf(err))
		return
	}
	w.request = w.proper()
	told := func(cause bridge.Cause) {
		if w.target.release != nil {
			w.target.release()
		}
		done(cause)
	}
	t, err := a.newText(w, said)
	if err != nil {
		told(message.CauseOfError(err))
		return
	}
	send := t.sendInOrder
	if w.target.flow != nil {
		sent, err := a.failover.Ask(w.target.flow, t.build(w.target.flow))
		if err != nil {
			told(message.CauseOfError(err))
			return
		}
		send = func() (*sip.Response, error) { return sent.Wait(textPatience, textPatience) }
	}
	if !a.crew.start(func() { told(t.outcome(send())) }) {
		told(message.CauseOfError(transaction.ErrClosed))
	}
}

func (a *Agent) newText(w way, said bridge.Message) (*outsideText, error) {
	if w.request.Secure && !w.target.isSecure() {
		return nil, message.NotEncrypted()
	}
	from, err := wire.ParseURI(w.request.From.URI, wire.StreamLimits())
	if err != nil {
		return nil, bridge.Cause{Status: 400, Err: err}
	}
	to, err := wire.ParseURI(w.request.To, wire.StreamLimits())
	if err != nil {
		return nil, bridge.Cause{Status: 404, Err: err}
	}
	return &outsideText{agent: a, way: w, message: said, dialog: dialogBy(w.request, w.target, from, to)}, nil
}

// build makes the request for a flow; with a proof it is the one that a challenge is answered by.
func (t *outsideText) build(flow transport.Flow) *sip.Request {
	t.flow = flow
	build := t.dialog.First
	if t.proof != nil { // what answers a challenge is another request
		build = t.dialog.Request
	}
	request := build(sip.MESSAGE)
	left := sip.MaxForwardsHeader(hopsLeft(t.way.request))
	request.AppendHeader(&left)
	policy := t.agent.policyFor(t.way.target.peer)
	addHeaders(request, sayable(policy, t.way.request.Headers))
	addHeaders(request, sayable(policy, t.message.Headers))
	if t.proof != nil {
		request.AppendHeader(t.proof)
	}
	if t.message.ContentType != "" {
		request.AppendHeader(sip.NewHeader("Content-Type", t.message.ContentType))
	}
	request.SetBody(t.message.Body)
	message.Complete(flow, request)
	return request
}

// sendInOrder sends it to the first server that answers, and again with what that one asks for, if we have it.
func (t *outsideText) sendInOrder() (*sip.Response, error) {
	deadline := time.Now().Add(textPatience)
	targets, err := t.agent.failover.Locate(t.way.target.nextHops, t.way.request.From.URI)
	if err != nil {
		return nil, err
	}
	response, err := t.agent.failover.SendInOrder(targets, time.Until(deadline), t.build)
	for range mostAnswers {
		if err != nil || !t.proves(response) {
			break
		}
		left := time.Until(deadline)
		if left <= 0 {
			return nil, transaction.ErrSilent
		}
		var again *failover.Asking
		if again, err = t.agent.failover.Ask(t.flow, t.build(t.flow)); err == nil {
			response, err = again.Wait(left, left)
		}
	}
	return response, err
}

// proves makes what a response asks for, if we have it, for the server's own addresses.
func (t *outsideText) proves(response *sip.Response) bool {
	var by answerer
	switch {
	case t.way.target.peer != nil:
		by = t.way.target.peer
	case t.way.target.answers != nil:
		by = t.way.target.answers
	}
	if by == nil || !message.IsChallenge(response) || !t.agent.isAt(by, t.flow) {
		return false
	}
	header, err := by.Answer(response, sip.MESSAGE, t.way.target.requestURI)
	if err != nil {
		t.agent.log.Info("challenge not answered", "of", by.Name(), "method", sip.MESSAGE, "error", err)
		return false
	}
	t.proof = header
	return true
}

// outcome is what the sender hears.
func (t *outsideText) outcome(response *sip.Response, err error) bridge.Cause {
	cause := causeOfAnswer(response, err)
	if response == nil {
		return cause
	}
	sender := senderOf(bridge.OriginUpstream)
	if t.way.target.user != "" {
		sender = senderOf(bridge.OriginUser)
	}
	cause.Headers = crossing(t.agent.policyFor(t.way.target.peer), response, sender)
	return cause
}

// receiveText takes a MESSAGE that belongs to no call: to whomever the routes name (RFC 3428 section 7).
func (a *Agent) receiveText(flow, reply transport.Flow, request *sip.Request) {
	who, err := a.knownSender(flow, request)
	if err != nil {
		a.refuse(reply, request, err)
		return
	}
	// From here on a transaction answers repeated requests: their nonce count is spent.
	transaction, err := a.transactions.NewServer(flow, reply, request)
	if err != nil {
		a.log.Debug("request dropped", "error", err)
		return
	}
	if a.flowIsGone(request, who) {
		transaction.Respond(430, "Flow Failed")
		return
	}
	asked := a.asked(request, who)
	a.choose(&asked, flow, request)
	targets, err := a.options.Route(asked)
	if err != nil {
		transaction.Send(message.Refusal(request, bridge.CauseOf(err), 500))
		return
	}
	a.stats.delivered.Add(1)
	bridge.Deliver(asked, targets, messageIn(request), func(cause bridge.Cause) {
		if cause.Status < 300 {
			transaction.Respond(200, "")
			return
		}
		transaction.Send(message.Refusal(request, cause, 480))
	})
}
