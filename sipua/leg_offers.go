package sipua

import (
	"bytes"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// offerPatience is how long the other leg may take to answer an offer that has to cross.
const offerPatience = 10 * time.Second

// proposal is an offer that we want to make.
type proposal struct {
	description bridge.Description
	// tell says that the call waits for Accepted or Refused; a hold does not.
	tell bool
}

// offerState is the offer/answer state of a running dialog (RFC 3264, RFC 6337): at most one offer is under way in
// either direction, and only the newest of ours waits.
type offerState struct {
	// in is the party's re-INVITE or UPDATE whose offer waits for the call.
	in *serverTransaction
	// offered is what that offer said.
	offered bridge.Description
	// out is our offer under way, waiting is the next one.
	out, waiting *proposal
	// unanswered: our offer went out in a 200, the ACK brings the answer. answerInACK: the reverse.
	unanswered, answerInACK bool
	// sentDirection is the direction in the last SDP that we sent.
	sentDirection bridge.Direction
	timer         *time.Timer
}

func (o *offerState) busy() bool {
	return o.in != nil || o.out != nil || o.unanswered || o.answerInACK
}

// setDirection holds or resumes toward the party. It waits for nothing, and a refusal goes no further:
// JsSIP would end the call if a hold of the other party failed.
func (l *leg) setDirection(direction bridge.Direction) {
	l.wanted = direction
	if l.state == stateOver || l.state == stateSetup && l.incoming {
		return
	}
	if l.offers.sentDirection == direction && l.offers.out == nil {
		l.offers.waiting = nil
		return
	}
	l.propose(proposal{description: withDirection(l.agreed, direction)})
}

// propose makes an offer now, or as soon as the dialog and other offers allow.
func (l *leg) propose(p proposal) {
	l.offers.waiting = &p
	l.proposeNext()
}

func (l *leg) proposeNext() {
	if l.offers.waiting == nil || l.state != stateConfirmed || l.offers.busy() {
		return
	}
	p := l.offers.waiting
	l.offers.waiting = nil
	body, err := l.media.Offer(p.description)
	if err != nil {
		l.log.Warn("offer impossible", "error", err)
		l.proposalRefused(p, causeOfMediaError(err))
		return
	}
	l.offers.out = p
	invite := l.dialog.request(sip.INVITE)
	addCapabilities(invite)
	setSDP(invite, body)
	_, err = l.send(invite, func(response *sip.Response, err error) { l.proposalResponse(invite, response, err) })
	if err != nil {
		l.proposalFailed(causeOfError(err))
	}
}

// proposalResponse takes what became of our re-INVITE.
func (l *leg) proposalResponse(invite *sip.Request, response *sip.Response, err error) {
	switch {
	case err != nil:
		l.proposalFailed(causeOfError(err))
	case response.IsProvisional():
	case response.IsSuccess():
		l.dialog.setTarget(response.Contact())
		l.acknowledge(l.dialog, invite.CSeq().SeqNo, nil)
		l.proposalAnswered(response)
	default:
		l.proposalFailed(causeOfResponse(response))
	}
}

func (l *leg) proposalAnswered(response *sip.Response) {
	p := l.offers.out
	if p == nil {
		return // a repeated 200
	}
	l.offers.out = nil
	agreed, err := l.media.SetAnswer(response.Body())
	if err != nil {
		l.media.Rollback()
		l.proposalRefused(p, causeOfMediaError(err))
	} else {
		l.offers.sentDirection = audioDirection(p.description)
		l.remoteSDP = bytes.Clone(response.Body())
		l.setAgreed(agreed)
		if p.tell {
			l.emit(bridge.Accepted{Answer: agreed})
		}
	}
	l.proposeNext()
}

// proposalFailed takes a refusal of our re-INVITE: glare is retried, a dead dialog ends the leg, all
// else leaves the session as it was (RFC 3261 sections 14.1 and 12.2.1.2).
func (l *leg) proposalFailed(cause bridge.Cause) {
	p := l.offers.out
	l.offers.out = nil
	l.media.Rollback()
	if p == nil || l.state == stateOver {
		return
	}
	switch cause.Status {
	case 481, 408:
		l.fail(cause)
		return
	case 491:
		if l.offers.waiting == nil {
			l.offers.waiting = p
		}
		l.offers.timer = l.after(l.glareWait(), l.proposeNext)
		return
	}
	l.proposalRefused(p, cause)
	l.proposeNext()
}

func (l *leg) proposalRefused(p *proposal, cause bridge.Cause) {
	if p.tell {
		l.emit(bridge.Refused{Cause: cause})
	}
}

// glareWait is the random wait after a 491: the side that owns the Call-ID waits longer (RFC 3261 section 14.1).
func (l *leg) glareWait() time.Duration {
	if l.incoming {
		return time.Duration(rand.IntN(200)) * 10 * time.Millisecond
	}
	return 2100*time.Millisecond + time.Duration(rand.IntN(190))*10*time.Millisecond
}

// receiveOffer takes the offer of a re-INVITE or UPDATE. What only holds, resumes, refreshes or
// restarts ICE is answered here and now and never crosses.
func (l *leg) receiveOffer(transaction *serverTransaction, body []byte) {
	if l.offers.busy() {
		l.refuseGlare(transaction)
		return
	}
	offer, err := l.media.SetOffer(body)
	if err != nil {
		l.media.Rollback()
		cause := causeOfMediaError(err)
		transaction.respond(cause.Status, cause.Text)
		return
	}
	l.offers.in, l.offers.offered = transaction, offer
	if answer, ok := l.sameAnswer(offer); ok {
		l.accept(answer)
		return
	}
	l.emit(bridge.Offered{Offer: offer})
	l.offers.timer = l.after(offerPatience, func() {
		if l.offers.in == transaction {
			l.refuse(bridge.Cause{Status: 488, Text: reasonPhrase(488)})
		}
	})
}

// refuseGlare answers an offer that crosses one already under way: 491 against ours, 500 with a random wait
// against the party's own (RFC 3261 section 14.2).
func (l *leg) refuseGlare(transaction *serverTransaction) {
	if l.offers.in != nil {
		transaction.respond(500, "Offer already pending", sip.NewHeader("Retry-After", "2"))
		return
	}
	transaction.respond(491, "")
}

// sameAnswer answers an offer in which the agreed codec is still there: that codec again, other
// sections refused, the direction mirrored.
func (l *leg) sameAnswer(offer bridge.Description) (bridge.Description, bool) {
	agreed, ok := l.agreed.First(transcode.Audio)
	if !ok {
		return bridge.Description{}, false
	}
	answer, found := bridge.Description{}, false
	for _, section := range offer.Media {
		reply := bridge.MediaDescription{Kind: section.Kind}
		if section.Kind == transcode.Audio && !found {
			reply.Formats = keep(section.Formats, agreed.Formats[0].Codec)
			reply.Direction = l.wanted.And(section.Direction.Mirror())
			reply.PacketTime = section.PacketTime
			found = len(reply.Formats) > 0
		}
		answer.Media = append(answer.Media, reply)
	}
	return answer, found
}

func keep(formats []transcode.Format, codec transcode.Codec) []transcode.Format {
	for _, format := range formats {
		if format.Equal(codec) {
			return []transcode.Format{format}
		}
	}
	return nil
}

// accept answers the party's offer under way.
func (l *leg) accept(answer bridge.Description) {
	if l.offers.answerInACK {
		l.acceptInACK(answer)
		return
	}
	transaction, offered := l.offers.in, l.offers.offered
	if transaction == nil {
		return
	}
	l.offers.in = nil
	body, err := l.makeAnswer(answer)
	if err != nil {
		l.media.Rollback()
		cause := causeOfMediaError(err)
		transaction.respond(cause.Status, cause.Text)
		return
	}
	l.remoteSDP = bytes.Clone(transaction.request.Body())
	l.respondWithSDP(transaction, body)
	l.partyDirectionIs(audioDirection(offered))
	l.proposeNext()
}

func (l *leg) acceptInACK(answer bridge.Description) {
	l.offers.answerInACK = false
	body, err := l.makeAnswer(answer)
	l.acknowledge(l.dialog, l.calling.request.CSeq().SeqNo, body)
	if err != nil {
		l.fail(causeOfMediaError(err))
		return
	}
	l.proposeNext()
}

// respondWithSDP sends the 200 to a re-INVITE or UPDATE; to a re-INVITE it is repeated until the ACK.
func (l *leg) respondWithSDP(transaction *serverTransaction, body []byte) {
	response := newResponse(transaction.request, 200, "")
	l.addContact(response)
	addCapabilities(response)
	setSDP(response, body)
	transaction.send(response)
	if transaction.request.IsInvite() {
		l.resend.stop()
		l.resend = newResender(l.after, func() { transaction.send(response.Clone()) }, func() {
			l.fail(bridge.Cause{Status: 408, Text: "No ACK"})
		})
	}
}

// refuse declines the party's offer or transfer.
func (l *leg) refuse(cause bridge.Cause) {
	if l.referral != nil {
		l.referral.respond(failureStatus(cause, 603), cause.Text)
		l.referral = nil
		return
	}
	if l.offers.in == nil {
		return
	}
	l.offers.in.respond(failureStatus(cause, 488), cause.Text)
	l.offers.in = nil
	l.media.Rollback()
	l.proposeNext()
}

func failureStatus(cause bridge.Cause, otherwise int) int {
	if cause.Status < 300 || cause.Status > 699 {
		return otherwise
	}
	return cause.Status
}

// setAgreed notes what an answer of the party agreed to.
func (l *leg) setAgreed(agreed bridge.Description) {
	l.agreed = agreed
	direction := audioDirection(agreed)
	if l.state == stateSetup {
		l.partyDirection = direction
	}
}

// partyDirectionIs tells the call when the party held or resumed.
func (l *leg) partyDirectionIs(direction bridge.Direction) {
	if direction == l.partyDirection {
		return
	}
	l.partyDirection = direction
	l.emit(bridge.DirectionChanged{Direction: direction})
}

func audioDirection(description bridge.Description) bridge.Direction {
	audio, ok := description.First(transcode.Audio)
	if !ok {
		return bridge.Inactive
	}
	return audio.Direction
}

// withDirection is a description with the direction of its sections replaced.
func withDirection(description bridge.Description, direction bridge.Direction) bridge.Description {
	changed := bridge.Description{Media: make([]bridge.MediaDescription, len(description.Media))}
	copy(changed.Media, description.Media)
	for i := range changed.Media {
		changed.Media[i].Direction = direction
	}
	return changed
}
