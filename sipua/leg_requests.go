package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

// request takes a request of the party inside the dialog. flow is where it came from: a browser that
// lost its WebSocket goes on with its calls on the next one.
func (l *leg) request(transaction *serverTransaction, source transport.Flow) {
	request := transaction.request
	d := l.dialogWith(request)
	if l.state == stateOver || d == nil {
		transaction.respond(481, "")
		return
	}
	// An equal number is let pass, as RFC 3261 section 12.2.2 has it: JsSIP tries again after a 491 without counting on.
	if request.CSeq().SeqNo < d.remoteSequence {
		transaction.respond(500, "CSeq out of order")
		return
	}
	d.remoteSequence = request.CSeq().SeqNo
	l.adoptFlow(source)
	if l.parked {
		l.parkedFor(l.lost) // it is there again, and may bring its media back
	}
	if request.Method != sip.INVITE && request.GetHeader("Replaces") != nil {
		transaction.respond(400, "Replaces Is For INVITE")
		return
	}
	if unknown := l.agent.unknownExtensions(request, "Require"); unknown != "" {
		transaction.respond(420, "", sip.NewHeader("Unsupported", unknown))
		return
	}
	l.serve(transaction, d)
}

// serve does what a request in order asks for. d is the dialog that it came in.
func (l *leg) serve(transaction *serverTransaction, d *dialog) {
	request := transaction.request
	switch request.Method {
	case sip.INVITE:
		l.reinvite(transaction)
	case sip.UPDATE:
		l.update(transaction, d)
	case sip.PRACK:
		l.prack(transaction)
	case sip.BYE:
		transaction.respond(200, "")
		l.partyHungUp(l.farewell(request))
	case sip.INFO:
		l.infoRequest(transaction)
	case sip.MESSAGE:
		l.said(transaction)
	case sip.OPTIONS:
		l.respondWithCapabilities(transaction)
	case sip.REFER:
		l.refer(transaction)
	case sip.SUBSCRIBE:
		l.subscribe(transaction)
	case sip.NOTIFY:
		l.noticeOfRefer(transaction)
	default:
		transaction.respond(405, "", sip.NewHeader("Allow", allowedMethods))
	}
}

func (l *leg) respondWithCapabilities(transaction *serverTransaction) {
	response := message.NewResponse(transaction.request, 200, "")
	l.agent.addCapabilities(response)
	transaction.send(response)
}

// partyHungUp ends the leg after a BYE. A re-INVITE still open is answered first (RFC 3261 section 15.1.2).
func (l *leg) partyHungUp(cause bridge.Cause) {
	if l.state == stateSetup && !l.incoming {
		return // of an early dialog, which is none of a callee's to end: the INVITE has its own final response
	}
	if l.invite != nil && !l.invite.answered() {
		l.invite.respond(487, "")
	}
	l.end(cause)
}

func (l *leg) reinvite(transaction *serverTransaction) {
	if l.state != stateConfirmed {
		l.tooEarly(transaction)
		return
	}
	if l.objects(transaction) {
		return
	}
	l.dialog.setTarget(message.Contact(transaction.request))
	l.lookUpHop(l.dialog)
	l.describe()
	body := sdpIn(transaction.request)
	if len(body) == 0 {
		l.offerInReinvite(transaction)
		return
	}
	l.receiveOffer(transaction, body)
}

// tooEarly answers an offer that comes before the first one has its answer: 491 if that was ours, 500 if it was the
// party's (RFC 3261 section 14.2, RFC 3311 section 5.2).
func (l *leg) tooEarly(transaction *serverTransaction) {
	if !l.incoming {
		transaction.respond(491, "")
		return
	}
	transaction.respond(500, "Not yet answered", sip.NewHeader("Retry-After", "1"))
}

// objects refuses a re-INVITE or UPDATE whose body or session interval will not do.
func (l *leg) objects(transaction *serverTransaction) bool {
	status, headers := objectionToBody(transaction.request)
	if status == 0 {
		status, headers = objectionToSession(transaction.request)
	}
	if status != 0 {
		transaction.respond(status, "", headers...)
	}
	return status != 0
}

// offerInReinvite answers a re-INVITE without SDP with an offer of what is agreed; the ACK brings the answer.
func (l *leg) offerInReinvite(transaction *serverTransaction) {
	if l.offers.busy() {
		l.refuseGlare(transaction)
		return
	}
	body, err := l.media.Offer(withDirection(l.agreed, l.wanted))
	if err != nil {
		transaction.respond(500, "")
		return
	}
	l.offers.unanswered = true
	l.respondWithSDP(transaction, body)
}

// update takes an UPDATE (RFC 3311): without SDP it only refreshes the session (JsSIP sends one every 45 s).
func (l *leg) update(transaction *serverTransaction, d *dialog) {
	if l.objects(transaction) {
		return
	}
	d.setTarget(message.Contact(transaction.request))
	l.lookUpHop(d)
	l.describe()
	body := sdpIn(transaction.request)
	if len(body) == 0 {
		response := message.NewResponse(transaction.request, 200, "")
		l.addContact(response)
		l.agreeSession(transaction.request, response)
		transaction.send(response)
		return
	}
	if !l.settledIn(d) {
		l.tooEarly(transaction)
		return
	}
	l.receiveOffer(transaction, body)
}

// settledIn tells whether the first offer has its answer in a dialog, so that another one may follow: that takes a 200,
// or a provisional response that was acknowledged.
func (l *leg) settledIn(d *dialog) bool {
	if l.state == stateSetup && !l.incoming {
		heard := l.calling.heard
		return heard != nil && heard.dialog == d && heard.settled
	}
	if l.state == stateSetup {
		return l.reliable.settled
	}
	return l.state == stateConfirmed
}

// infoRequest takes keys and keyframe requests (RFC 6086; application/dtmf-relay, application/dtmf).
func (l *leg) infoRequest(transaction *serverTransaction) {
	request := transaction.request
	switch contentType := message.ContentType(request); {
	case request.GetHeader("Info-Package") != nil: // we announce none (RFC 6086 section 4.2.2)
		transaction.respond(469, "", sip.NewHeader("Recv-Info", ""))
	case contentType == contentDTMFRelay || contentType == contentDTMF:
		key, ok := parseInfoDTMF(contentType, request.Body())
		if !ok {
			transaction.respond(400, "Unknown key")
			return
		}
		transaction.respond(200, "")
		l.emit(bridge.Pressed{Key: key})
	case contentType == contentMediaControl &&
		strings.Contains(string(request.Body()), "picture_fast_update"):
		transaction.respond(200, "")
		l.emit(bridge.KeyframeAsked{})
	case len(request.Body()) == 0:
		transaction.respond(200, "")
	default:
		l.said(transaction)
	}
}
