package sipua

import (
	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transaction"
)

// begin reads the INVITE's offer and hands the leg to the exchange.
func (l *leg) begin() {
	request := l.invite.Request
	if body := content.SDPIn(request); len(body) > 0 {
		offer, err := l.media.SetOffer(body)
		if err != nil {
			l.reject(message.CauseOfMediaError(err))
			return
		}
		l.asked.Offer = &offer
		l.told, l.pictures = toldDirection{direction: directionOf(offer), known: true}, picturesIn(offer)
	}
	if l.invite.Answered() {
		return
	}
	l.tellWatchers(presence.Trying)
	l.agent.options.Accept(l)
}

// reject ends an incoming leg that never became a call.
func (l *leg) reject(cause bridge.Cause) {
	l.agent.stats.refused.Add(1)
	l.agent.complain("INVITE refused", "remote", l.flow.RemoteAddr(), "cause", cause)
	l.end(cause)
}

// ring sends 180, or 183 with SDP for early media. The first SDP sent is the answer, for good.
func (l *leg) ring(early *bridge.Description) {
	if !l.incoming || l.state != stateSetup || l.invite.Answered() {
		return
	}
	l.tellWatchers(presence.Early)
	if l.asked.Offer == nil {
		l.ringWithoutOffer(early)
		return
	}
	if early == nil {
		l.provisional(180, nil)
		return
	}
	if l.fixedAnswer == nil {
		answer, err := l.makeAnswer(*early)
		if err != nil {
			l.log.Warn("early media impossible", "error", err)
			l.provisional(180, nil)
			return
		}
		l.fixedAnswer = answer
	}
	l.provisional(183, l.fixedAnswer)
}

// ringWithoutOffer sends 180 to a caller that made no offer. The first reliable response has to make it
// (RFC 3262 section 5); an unreliable one need not.
func (l *leg) ringWithoutOffer(offer *bridge.Description) {
	if !l.reliable.required || l.reliable.sequence != 0 {
		l.provisional(180, nil)
		return
	}
	if offer == nil {
		return
	}
	body, err := l.offerOnce(*offer)
	if err != nil {
		l.log.Warn("offer impossible", "error", err)
		return
	}
	l.offers.sentDirection = directionOf(*offer)
	l.provisional(180, body)
}

// answer sends the 200. After an INVITE without SDP, answer is our offer.
func (l *leg) answer(answer bridge.Description) {
	if !l.incoming || l.state != stateSetup || l.invite.Answered() ||
		l.holdAnswer(func() { l.answer(answer) }) {
		return
	}
	body, err := l.answerBody(answer)
	if err != nil {
		l.log.Warn("answer impossible", "error", err)
		l.end(message.CauseOfMediaError(err))
		return
	}
	l.state = stateAnswered
	l.lookUpHop(l.dialog)
	l.tellWatchers(presence.Confirmed)
	response := message.NewResponse(l.invite.Request, 200, "")
	l.addContact(response)
	l.agent.addCapabilities(response)
	l.addMentioned(response)
	l.agreeSession(l.invite.Request, response)
	content.SetSDP(response, body)
	l.invite.Send(response)
	l.repeatUntilACK(l.invite, response, func() { l.fail(bridge.Cause{Status: 408, Text: "No ACK"}) })
}

// repeatUntilACK repeats the 200 to an INVITE, on connections too, since a proxy behind may have none
// (RFC 3261 section 13.3.1.4).
func (l *leg) repeatUntilACK(answering *transaction.Server, response *sip.Response, giveUp func()) {
	l.resend.stop()
	l.unacknowledged = response.CSeq().SeqNo
	l.resend = newResender(transaction.T2, l.after, func() { answering.Send(response.Clone()) }, giveUp)
}

// answerBody is the SDP of the 200: none if what it would say has been settled before (RFC 3261 section 13.2.1).
func (l *leg) answerBody(answer bridge.Description) ([]byte, error) {
	if l.reliable.settled {
		return nil, nil
	}
	if l.asked.Offer == nil {
		l.offers.unanswered = true
		return l.offerOnce(answer)
	}
	if l.fixedAnswer != nil {
		return l.fixedAnswer, nil
	}
	return l.makeAnswer(answer)
}

// offerOnce is our offer to a party that made none. If it does not like it the call is over, so it may choose
// whether media are protected.
func (l *leg) offerOnce(offer bridge.Description) ([]byte, error) {
	if media, able := l.media.(interface{ BestEffort() }); able {
		media.BestEffort()
	}
	return l.media.Offer(offer)
}

// makeAnswer answers the party's offer and notes what is agreed.
func (l *leg) makeAnswer(answer bridge.Description) ([]byte, error) {
	body, err := l.media.Answer(answer)
	if err != nil {
		return nil, err
	}
	l.agreed = answer
	l.offers.sentDirection = directionOf(answer)
	return body, nil
}

// acknowledged takes the ACK to our 200. It may carry the answer to the offer in it (RFC 3264, RFC 6337).
func (l *leg) acknowledged(request *sip.Request) {
	if l.resend == nil || !l.isUnacknowledged(request.CSeq().SeqNo) || l.state == stateOver ||
		l.dialogWith(request) == nil {
		return // of an earlier INVITE, a repeated one, or of another dialog
	}
	l.resend.stop()
	l.resend = nil
	if l.state == stateAnswered {
		l.state = stateConfirmed
		keepOpen(l.flow)
	}
	if l.byePending != nil {
		l.bye(*l.byePending)
		return
	}
	if l.offers.unanswered {
		l.offers.unanswered = false
		l.answerInACK(request)
	}
	l.proposeNext()
}

// isUnacknowledged tells whether an ACK with this number is the one that is awaited. JsSIP takes a number of 0 for
// none, and gives the ACK to such an INVITE another one; no INVITE was before it that the ACK could belong to.
func (l *leg) isUnacknowledged(number uint32) bool {
	return number == l.unacknowledged || l.unacknowledged == 0
}

func (l *leg) answerInACK(request *sip.Request) {
	agreed, err := l.media.SetAnswer(content.SDPIn(request))
	if err != nil {
		l.media.Rollback()
		l.fail(message.CauseOfMediaError(err))
		return
	}
	l.agreed, l.pictures = agreed, picturesIn(agreed)
	l.told.known = false
	l.emit(bridge.Accepted{Answer: agreed})
}

// canceled takes the party's CANCEL. Against a 200 already sent it loses (RFC 3261 section 9.2).
func (l *leg) canceled(cancel *sip.Request) {
	if l.invite.Answered() || l.state == stateOver {
		return
	}
	l.invite.Respond(487, "")
	cause := l.farewell(cancel)
	if cause.Status == 200 {
		cause = bridge.Cause{Status: 487, Text: message.Phrase(487), Headers: cause.Headers}
	}
	l.end(cause)
}

// finalResponse refuses the party's INVITE.
func (l *leg) finalResponse(cause bridge.Cause) {
	if l.invite.Answered() {
		return
	}
	cause.Headers = l.sayable(cause.Headers)
	l.invite.Send(message.Refusal(l.invite.Request, cause, 480))
}
