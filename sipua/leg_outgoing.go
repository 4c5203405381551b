package sipua

import (
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// callingInvite is an INVITE of ours until its final response.
type callingInvite struct {
	transaction *sentRequest
	request     *sip.Request
	// provisional tells that a CANCEL may be sent (RFC 3261 section 9.1).
	provisional bool
	// canceled is the cause for which the call was given up.
	canceled *bridge.Cause
	// forks are the dialogs that it has made, by their To tags; heard is the one whose early media are in use.
	forks map[string]*fork
	heard *fork
	// taken hears what becomes of it; longer counts the intervals that were too short in it.
	taken  transaction.Handler
	longer int
	// offerless tells that the INVITE had no SDP: the 200 brings the party's offer.
	offerless bool
	// offer is what the INVITE offered; nil if it was without SDP.
	offer *bridge.Description
	// challenges tells that the caller may hear a challenge: it comes from his own server.
	challenges bool
	// attempts are the servers that it may go to.
	attempts attempts
	// wantsICE tells that the callee said that it has ICE.
	wantsICE bool
	// answered is the CSeq number that was answered. ackBody is our answer in the ACK to the 200 of an offerless INVITE,
	// for the ACK is repeated with it.
	answered uint32
	ackBody  []byte
}

// cancelPatience is how long a canceled party may take to confirm before the call goes on without it.
const cancelPatience = 2 * time.Second

// invitation makes the INVITE for a flow. It gives nil, and ends the leg, if there can be no media.
func (l *leg) invitation(request bridge.Request, flow transport.Flow) *sip.Request {
	if err := l.openMedia(flow, nil); err != nil {
		l.end(message.CauseOfMediaError(err))
		return nil
	}
	l.adoptFlow(flow)
	invite := l.dialog.First(sip.INVITE)
	addHeaders(invite, l.sayable(request.Headers))
	addReferral(invite, request)
	l.agent.addCapabilities(invite)
	l.session.Ask(invite)
	if request.Offer != nil {
		offer, err := l.media.Offer(*request.Offer)
		if err != nil {
			l.end(message.CauseOfMediaError(err))
			return nil
		}
		l.offers.sentDirection, l.calling.offer = directionOf(*request.Offer), request.Offer
		l.setContent(invite, offer, request.Documents)
	} else {
		l.calling.offerless = true
		invite.RemoveHeader("Supported") // a reliable 183 would offer, and want its answer before the call has one
		invite.AppendHeader(sip.NewHeader("Supported", supportedOptions))
	}
	maxForwards := sip.MaxForwardsHeader(hopsLeft(request))
	invite.AppendHeader(&maxForwards)
	return invite
}

// givenUp tells that nobody wants the call any more.
func (l *leg) givenUp() bool { return l.state == stateOver || l.calling.canceled != nil }

// call sends the INVITE on a flow. The error is that of the transport; any other ends the leg.
func (l *leg) call(request bridge.Request, flow transport.Flow) error {
	if l.givenUp() {
		return nil
	}
	invite := l.invitation(request, flow)
	if invite == nil {
		return nil
	}
	l.calling.request, l.calling.transaction, l.calling.provisional = invite, nil, false
	l.agent.dialogs.add(l) // before any response, so that nothing that follows one comes too early
	now := l.calling.attempts.now
	message.Complete(flow, invite)
	l.calling.taken = func(response *sip.Response, err error) {
		if now != l.calling.attempts.now {
			l.lateResponse(now, response)
			return
		}
		l.inviteResponse(response, err)
	}
	transaction, err := l.transmit(l.dialog, flow, invite, l.calling.taken)
	if err != nil {
		return err
	}
	l.calling.transaction = transaction
	if now != nil {
		now.transaction = transaction
	}
	l.describe()
	return nil
}

// inviteResponse takes what became of our first INVITE.
func (l *leg) inviteResponse(response *sip.Response, err error) {
	switch {
	case err != nil:
		l.attemptFailed(err)
	case response.IsProvisional():
		l.attemptAnswered(response)
		l.progress(response)
	case response.IsSuccess():
		l.success(response)
	case response.StatusCode == sip.StatusServiceUnavailable:
		l.attemptRefused(response)
	case response.StatusCode == 422 && l.inviteLonger(response):
	case response.StatusCode == 415 && l.inviteWithoutDocuments():
	case dislikesMedia(response) && l.invitePlainly():
	default:
		l.end(l.failureOf(response))
	}
}

// inviteLonger sends the INVITE again with the session interval that a server on the way asks for at least
// (RFC 4028 section 7.3). It reports false if that makes no sense.
func (l *leg) inviteLonger(response *sip.Response) bool {
	refused := l.calling.transaction
	if refused == nil || l.givenUp() || l.calling.longer >= maxTries || !l.session.Raise(response) {
		return false
	}
	l.calling.longer++
	request, _ := refused.Sent()
	seconds := strconv.Itoa(int(l.session.Interval() / time.Second))
	request.RemoveHeader("Min-SE")
	request.AppendHeader(sip.NewHeader("Min-SE", seconds))
	return l.inviteAgain(refused, sip.NewHeader("Session-Expires", seconds))
}

// inviteAgain sends an INVITE that was refused and has been changed, with other headers in the place of those it had.
func (l *leg) inviteAgain(refused *sentRequest, headers ...sip.Header) bool {
	request, flow := refused.Sent()
	sendAgain(request, l.dialog.SequenceAfter(request), headers...)
	next, err := l.transmit(l.dialog, flow, request, l.calling.taken)
	if err != nil {
		return false
	}
	l.replaceCalling(refused, next)
	return true
}

// failureOf is the cause that the failure of our INVITE becomes. Only the caller's own server may ask him for
// credentials; of anybody else it would be phishing, and the answer could not be passed on.
func (l *leg) failureOf(response *sip.Response) bridge.Cause {
	if l.calling.canceled != nil {
		return *l.calling.canceled
	}
	cause := l.causeOfResponse(response)
	cause.Contacts = l.redirectedTo(response)
	if (cause.Status == 401 || cause.Status == 407) && !l.calling.challenges {
		return bridge.Cause{Status: 403, Text: "Callee Asks For Credentials", Err: cause}
	}
	return cause
}

// success takes a 2xx: the first one confirms the dialog, a repeated one is acknowledged again, one of another fork
// is acknowledged and released (RFC 3261 section 13.2.2.4).
func (l *leg) success(response *sip.Response) {
	switch {
	case l.state == stateSetup && l.calling.canceled == nil:
		l.confirm(response)
	case l.state == stateSetup || message.Tag(response) != l.dialog.ID().RemoteTag:
		l.releaseFork(response)
	case !l.offers.answerInACK:
		l.acknowledge(l.dialog, response.CSeq().SeqNo, l.calling.ackBody)
	}
}

func (l *leg) confirm(response *sip.Response) {
	winner := l.forkOf(response)
	if winner == nil {
		return // one fork too many: it gives up by itself
	}
	winner.dialog.Establish(response)
	l.dialog = winner.dialog
	keepOpen(l.flow)
	l.lookUpHop(l.dialog)
	l.describe()
	l.describeParty(response)
	l.describeAllow(response)
	if l.calling.offerless {
		l.offerInSuccess(response)
		return
	}
	l.acknowledge(l.dialog, response.CSeq().SeqNo, nil)
	l.state = stateConfirmed
	if err := l.answerOf(winner, response); err != nil {
		if !l.offerPlainly(response, err) {
			l.fail(message.CauseOfMediaError(err))
		}
		return
	}
	l.told, l.pictures = toldDirection{direction: directionOf(l.agreed), known: true}, picturesIn(l.agreed)
	l.session.Follow(response)
	l.emit(bridge.Answered{Answer: l.agreed, Headers: l.saidIn(response)})
	l.proposeNext()
}

// describeParty takes the name of who answered, which the To of an answer may have; that of P-Asserted-Identity, which
// only servers may say (RFC 3325 section 9.1), comes first. It may not want to be shown to others.
func (l *leg) describeParty(response *sip.Response) {
	name := ""
	if to := response.To(); to != nil {
		name = to.DisplayName
	}
	if asserted := assertedBy(response); l.trusted && asserted.Name != "" {
		name = asserted.Name
	}
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	l.info.Party.Name, l.info.Private = name, wantsPrivacy(response)
}

// offerInSuccess reads the offer that answers an INVITE without SDP; the ACK will carry our answer.
func (l *leg) offerInSuccess(response *sip.Response) {
	offer, err := l.media.SetOffer(content.SDPIn(response))
	if err != nil {
		l.acknowledge(l.dialog, response.CSeq().SeqNo, nil)
		l.state = stateConfirmed
		l.fail(message.CauseOfMediaError(err))
		return
	}
	l.state = stateConfirmed
	l.offers.answerInACK, l.calling.answered = true, response.CSeq().SeqNo
	l.told, l.pictures = toldDirection{direction: directionOf(offer), known: true}, picturesIn(offer)
	l.session.Follow(response)
	l.emit(bridge.Answered{Answer: offer, Headers: l.saidIn(response)})
}

// releaseFork acknowledges and ends a dialog that nobody wants: a second fork, or an answer that crossed our CANCEL.
func (l *leg) releaseFork(response *sip.Response) {
	loser := l.forkOf(response)
	if loser == nil {
		return
	}
	loser.dialog.Establish(response)
	l.lookUpHop(loser.dialog)
	l.acknowledge(loser.dialog, response.CSeq().SeqNo, nil)
	if loser.released {
		return
	}
	loser.released = true
	l.sendLast(loser.dialog, loser.dialog.Request(sip.BYE))
	if l.calling.canceled != nil && l.state == stateSetup {
		l.end(*l.calling.canceled)
	}
}

// acknowledge sends the ACK to a 2xx: a request of its own, outside any transaction.
func (l *leg) acknowledge(d *dialog.Dialog, sequence uint32, body []byte) {
	ack := d.ACK(sequence)
	if l.invitedAs.header != nil && l.invitedAs.sequence == sequence {
		ack.AppendHeader(l.invitedAs.header)
	}
	content.SetSDP(ack, body)
	l.sendLast(d, ack)
}

// cancel gives our INVITE up (RFC 3261 section 9.1): CANCEL may only follow a provisional response.
func (l *leg) cancel(cause bridge.Cause) {
	if l.calling.canceled != nil {
		return
	}
	l.calling.canceled = &cause
	if l.calling.transaction == nil {
		l.end(cause)
		return
	}
	l.calling.transaction.Stay()
	if l.calling.provisional {
		l.sendCancel(l.calling.transaction, cause)
	}
	l.after(cancelPatience, func() { l.end(cause) })
}

func (l *leg) sendCancel(invite *sentRequest, cause bridge.Cause) {
	request, flow := invite.Sent()
	cancel := message.Cancel(request)
	l.sayWhy(cancel, cause)
	if _, err := l.agent.transactions.Send(flow, cancel, nil); err != nil {
		l.log.Debug("CANCEL not sent", "error", err)
	}
}
