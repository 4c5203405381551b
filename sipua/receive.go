package sipua

import (
	"cmp"
	"errors"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/wire"
)

// Receive takes one whole message of a flow. It never blocks, and messages of one flow must come in order.
func (a *Agent) Receive(flow transport.Flow, raw []byte) {
	defer func() {
		if failure := recover(); failure != nil {
			a.panicked("panic while reading a message", failure)
		}
	}()
	a.stats.received.Add(1)
	if a.admission.IsScanner(raw) {
		return
	}
	a.options.Trace.Received(flow, raw)
	message, err := wire.Parse(raw, a.limitsOf(flow))
	if err != nil {
		a.refuseMalformed(flow, err)
		return
	}
	switch message := message.(type) {
	case *sip.Request:
		message.SetTransport(flow.Transport())
		message.SetSource(flow.RemoteAddr().String())
		a.receiveRequest(flow, message)
	case *sip.Response:
		a.receiveResponse(message)
	}
}

// limitsOf gives the limits of a flow's messages: a browser's SDP is large.
func (a *Agent) limitsOf(flow transport.Flow) wire.Limits {
	if !comesBack(flow) {
		return wire.StreamLimits()
	}
	limits := wire.WebSocketLimits()
	if a.options.MaxMessage > 0 {
		limits.Message = a.options.MaxMessage
	}
	return limits
}

// refuseMalformed answers what can be answered of a message that is none.
func (a *Agent) refuseMalformed(flow transport.Flow, err error) {
	a.stats.malformed.Add(1)
	failure, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return
	}
	a.complain("malformed message", "transport", flow.Transport(), "remote", flow.RemoteAddr(), "error", err)
	if response := failure.Response(); response != nil {
		a.sendResponse(replyFlow(a.options.Transports, flow, failure.Request), response)
	}
}

func (a *Agent) receiveResponse(response *sip.Response) {
	if !a.transactions.Receive(response) {
		a.stats.stray.Add(1)
	}
}

// noteAlias lets a connection serve for requests to its peer, if the peer says so (RFC 5923).
func noteAlias(flow transport.Flow, request *sip.Request) {
	via := request.Via()
	connection, ok := flow.(interface {
		Alias(host string, port uint16)
	})
	if !ok || via == nil || !via.Params.Has("alias") {
		return
	}
	connection.Alias(via.Host, uint16(cmp.Or(via.Port, 5061)))
}

// receiveRequest matches a request to a transaction or a dialog; what is left is new.
func (a *Agent) receiveRequest(flow transport.Flow, request *sip.Request) {
	noteAlias(flow, request)
	reply := replyFlow(a.options.Transports, flow, request)
	switch request.Method {
	case sip.ACK:
		a.receiveACK(flow, request)
		return
	case sip.CANCEL:
		a.receiveCancel(flow, reply, request)
		return
	default:
	}
	if known := a.transactions.MatchServer(flow, request, request.Method); known != nil {
		known.Repeat(request)
		return
	}
	if tag, ok := request.To().Params.Get("tag"); ok && tag != "" {
		a.receiveInDialog(flow, reply, request)
		return
	}
	a.receiveNew(flow, reply, request)
}

// receiveACK gives an ACK to the failed INVITE it belongs to, else to the dialog. The dialog does not go by the
// branch, since sip-js uses that of the INVITE again.
func (a *Agent) receiveACK(flow transport.Flow, request *sip.Request) {
	known := a.transactions.MatchServer(flow, request, sip.INVITE)
	if known != nil && known.Acknowledge(request) {
		return
	}
	l := a.dialogs.legOf(request)
	if l == nil && a.proxies.PassInDialog(flow, flow, request) {
		return
	}
	if l == nil || !a.identity.SpeaksFor(l.party(), flow) || l.enqueue(func() { l.acknowledged(request) }) != nil {
		a.stats.stray.Add(1) // the ACK to a stateless refusal is one, too
	}
}

// receiveCancel answers a CANCEL and tells the INVITE's owner (RFC 3261 section 9.2).
func (a *Agent) receiveCancel(flow, reply transport.Flow, request *sip.Request) {
	known := a.transactions.MatchServer(flow, request, sip.INVITE)
	if known == nil {
		a.reply(reply, request, 481)
		return
	}
	response := message.NewResponse(request, 200, "")
	if tag, ok := known.Request.To().Params.Get("tag"); ok {
		message.SetTag(response, tag)
	}
	a.sendResponse(reply, response)
	known.Cancel(request)
}

// receiveInDialog gives a request to the leg of its dialog.
func (a *Agent) receiveInDialog(flow, reply transport.Flow, request *sip.Request) {
	l := a.dialogs.legOf(request)
	if l == nil {
		if !a.proxies.PassInDialog(flow, reply, request) {
			a.receiveInOtherDialog(flow, reply, request)
		}
		return
	}
	if err := a.identity.MayContinue(l.party(), flow, request); err != nil {
		a.refuse(reply, request, err)
		return
	}
	var canceled func(*sip.Request)
	if request.IsInvite() { // all else cannot be canceled, and would only keep the leg in memory
		canceled = func(*sip.Request) { l.mailbox.post(func() { l.offerCanceled(request) }) }
	}
	transaction, err := a.transactions.NewInvite(flow, reply, request, canceled)
	if err != nil {
		a.log.Debug("request dropped", "error", err)
		return
	}
	if cause := l.enqueue(func() { l.request(transaction, flow) }); cause != nil {
		transaction.Send(message.Refusal(request, *cause, cause.Status))
	}
}

// receiveInOtherDialog gives a request to the subscription whose dialog it names.
func (a *Agent) receiveInOtherDialog(flow, reply transport.Flow, request *sip.Request) {
	if a.notifier.ReceiveInDialog(flow, reply, request) {
		return
	}
	domain, _ := a.upstreams.Of(flow)
	if !a.relay.PassInDialog(flow, reply, request, domain) {
		a.reply(reply, request, 481)
	}
}

// Undelivered takes the news that a datagram came back (RFC 3261 section 18.4): quoted is its beginning.
func (a *Agent) Undelivered(flow transport.Flow, quoted []byte) {
	a.transactions.Undelivered(flow, quoted)
}
