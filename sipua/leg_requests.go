package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/message"
	"sipbridge/sipua/sessiontimer"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// request takes a request of the party inside the dialog. flow is where it came from: a browser that
// lost its WebSocket goes on with its calls on the next one.
func (l *leg) request(transaction *transaction.Server, source transport.Flow) {
	request := transaction.Request
	d := l.dialogWith(request)
	if l.state == stateOver || d == nil {
		transaction.Respond(481, "")
		return
	}
	if !d.Accept(request) {
		transaction.Respond(500, "CSeq out of order")
		return
	}
	l.adoptFlow(source)
	if l.parked {
		l.parkedFor(l.lost) // it is there again, and may bring its media back
	}
	if request.Method != sip.INVITE && request.GetHeader("Replaces") != nil {
		transaction.Respond(400, "Replaces Is For INVITE")
		return
	}
	if unknown := l.agent.unknownExtensions(request, "Require"); unknown != "" {
		transaction.Respond(420, "", sip.NewHeader("Unsupported", unknown))
		return
	}
	l.serve(transaction, d)
}

// serve does what a request in order asks for. d is the dialog that it came in.
func (l *leg) serve(transaction *transaction.Server, d *dialog.Dialog) {
	request := transaction.Request
	switch request.Method {
	case sip.INVITE:
		l.reinvite(transaction)
	case sip.UPDATE:
		l.update(transaction, d)
	case sip.PRACK:
		l.prack(transaction)
	case sip.BYE:
		transaction.Respond(200, "")
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
		transaction.Respond(405, "", sip.NewHeader("Allow", allowedMethods))
	}
}

func (l *leg) respondWithCapabilities(transaction *transaction.Server) {
	response := message.NewResponse(transaction.Request, 200, "")
	l.agent.addCapabilities(response)
	transaction.Send(response)
}

// partyHungUp ends the leg after a BYE. A re-INVITE still open is answered first (RFC 3261 section 15.1.2).
func (l *leg) partyHungUp(cause bridge.Cause) {
	if l.state == stateSetup && !l.incoming {
		return // of an early dialog, which is none of a callee's to end: the INVITE has its own final response
	}
	if l.invite != nil && !l.invite.Answered() {
		l.invite.Respond(487, "")
	}
	l.referralOutlives()
	l.end(cause)
}

func (l *leg) reinvite(transaction *transaction.Server) {
	if l.state != stateConfirmed {
		l.tooEarly(transaction)
		return
	}
	if l.objects(transaction) {
		return
	}
	l.dialog.Refresh(transaction.Request)
	l.lookUpHop(l.dialog)
	l.describe()
	body := content.SDPIn(transaction.Request)
	if len(body) == 0 {
		l.offerInReinvite(transaction)
		return
	}
	l.receiveOffer(transaction, body)
}

// tooEarly answers an offer that comes before the first one has its answer: 491 if that was ours, 500 if it was the
// party's (RFC 3261 section 14.2, RFC 3311 section 5.2).
func (l *leg) tooEarly(transaction *transaction.Server) {
	if !l.incoming {
		transaction.Respond(491, "")
		return
	}
	transaction.Respond(500, "Not yet answered", sip.NewHeader("Retry-After", "1"))
}

// objects refuses a re-INVITE or UPDATE whose body or session interval will not do.
func (l *leg) objects(transaction *transaction.Server) bool {
	status, headers := objectionToBody(transaction.Request)
	if status == 0 {
		status, headers = sessiontimer.Objection(transaction.Request)
	}
	if status != 0 {
		transaction.Respond(status, "", headers...)
	}
	return status != 0
}

// offerInReinvite answers a re-INVITE without SDP with an offer of what is agreed; the ACK brings the answer.
func (l *leg) offerInReinvite(transaction *transaction.Server) {
	if l.offers.busy() {
		l.refuseGlare(transaction)
		return
	}
	body, err := l.media.Offer(withDirection(l.agreed, l.wanted))
	if err != nil {
		transaction.Respond(500, "")
		return
	}
	l.offers.unanswered = true
	l.respondWithSDP(transaction, body)
}

// update takes an UPDATE (RFC 3311): without SDP it only refreshes the session (JsSIP sends one every 45 s).
func (l *leg) update(transaction *transaction.Server, d *dialog.Dialog) {
	if l.objects(transaction) {
		return
	}
	d.Refresh(transaction.Request)
	l.lookUpHop(d)
	l.describe()
	body := content.SDPIn(transaction.Request)
	if len(body) == 0 {
		response := message.NewResponse(transaction.Request, 200, "")
		l.addContact(response)
		l.agreeSession(transaction.Request, response)
		transaction.Send(response)
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
func (l *leg) settledIn(d *dialog.Dialog) bool {
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
func (l *leg) infoRequest(transaction *transaction.Server) {
	request := transaction.Request
	switch contentType := message.ContentType(request); {
	case request.GetHeader("Info-Package") != nil: // we announce none (RFC 6086 section 4.2.2)
		transaction.Respond(469, "", sip.NewHeader("Recv-Info", ""))
	case contentType == contentDTMFRelay || contentType == contentDTMF:
		key, ok := parseInfoDTMF(contentType, request.Body())
		if !ok {
			transaction.Respond(400, "Unknown key")
			return
		}
		transaction.Respond(200, "")
		l.emit(bridge.Pressed{Key: key})
	case contentType == contentMediaControl &&
		strings.Contains(string(request.Body()), "picture_fast_update"):
		transaction.Respond(200, "")
		l.emit(bridge.KeyframeAsked{})
	case len(request.Body()) == 0:
		transaction.Respond(200, "")
	default:
		l.said(transaction)
	}
}
