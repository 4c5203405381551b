package sipua

import (
	"bytes"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transport"
)

// callingInvite is an INVITE of ours until its final response.
type callingInvite struct {
	transaction *clientTransaction
	request     *sip.Request
	// provisional tells that a CANCEL may be sent (RFC 3261 section 9.1).
	provisional bool
	// canceled is the cause for which the call was given up.
	canceled *bridge.Cause
	// early is set when a provisional response brought media.
	early bool
	// offerless tells that the INVITE had no SDP: the 200 brings the party's offer.
	offerless bool
}

// cancelPatience is how long a canceled party may take to confirm before the call goes on without it.
const cancelPatience = 2 * time.Second

// call sends the INVITE on a flow.
func (l *leg) call(request bridge.Request, flow transport.Flow) {
	if l.state == stateOver || l.calling.canceled != nil {
		return
	}
	if err := l.openMedia(flow); err != nil {
		l.end(causeOfMediaError(err))
		return
	}
	l.adoptFlow(flow)
	invite := l.dialog.request(sip.INVITE)
	addHeaders(invite, request.Headers)
	addCapabilities(invite)
	if request.Offer != nil {
		offer, err := l.media.Offer(*request.Offer)
		if err != nil {
			l.end(causeOfMediaError(err))
			return
		}
		l.offers.sentDirection = audioDirection(*request.Offer)
		setSDP(invite, offer)
	} else {
		l.calling.offerless = true
	}
	maxForwards := sip.MaxForwardsHeader(hops(request.MaxForwards))
	invite.AppendHeader(&maxForwards)
	l.calling.request = invite
	transaction, err := l.send(invite, l.inviteResponse)
	if err != nil {
		l.end(causeOfError(err))
		return
	}
	l.calling.transaction = transaction
	l.describe()
}

// inviteResponse takes what became of our first INVITE.
func (l *leg) inviteResponse(response *sip.Response, err error) {
	switch {
	case err != nil:
		l.end(causeOfError(err))
	case response.IsProvisional():
		l.progress(response)
	case response.IsSuccess():
		l.success(response)
	default:
		cause := causeOfResponse(response)
		if l.calling.canceled != nil {
			cause = *l.calling.canceled
		}
		l.end(cause)
	}
}

// progress takes a 1xx.
func (l *leg) progress(response *sip.Response) {
	if l.calling.canceled != nil {
		if !l.calling.provisional {
			l.calling.provisional = true
			l.sendCancel(*l.calling.canceled)
		}
		return
	}
	l.calling.provisional = true
	if response.StatusCode == sip.StatusTrying || l.state != stateSetup {
		return
	}
	if early := l.earlyAnswer(response); early != nil {
		l.emit(bridge.Ringing{Early: early})
		return
	}
	l.emit(bridge.Ringing{})
}

// earlyAnswer applies the SDP of a provisional response; a repeated one is not news.
func (l *leg) earlyAnswer(response *sip.Response) *bridge.Description {
	body := response.Body()
	if len(body) == 0 || l.calling.offerless || bytes.Equal(body, l.remoteSDP) {
		return nil
	}
	agreed, err := l.media.SetAnswer(body)
	if err != nil {
		l.log.Warn("early media unusable", "error", err)
		return nil
	}
	l.calling.early = true
	l.remoteSDP = bytes.Clone(body)
	l.setAgreed(agreed)
	return &agreed
}

// success takes a 2xx: the first one confirms the dialog, a repeated one is acknowledged again, one of another fork
// is acknowledged and released (RFC 3261 section 13.2.2.4).
func (l *leg) success(response *sip.Response) {
	tag := tagOf(response)
	if l.state == stateSetup && l.dialogOpen() {
		l.confirm(response)
		return
	}
	if tag != l.dialog.id.RemoteTag {
		l.releaseFork(response)
		return
	}
	l.acknowledge(l.dialog, l.calling.request.CSeq().SeqNo, nil)
}

func (l *leg) dialogOpen() bool { return l.calling.canceled == nil }

func (l *leg) confirm(response *sip.Response) {
	l.dialog.establish(response)
	l.agent.dialogs.add(l)
	l.describe()
	if l.calling.offerless {
		l.offerInSuccess(response)
		return
	}
	l.acknowledge(l.dialog, l.calling.request.CSeq().SeqNo, nil)
	l.state = stateConfirmed
	if body := response.Body(); len(body) > 0 && !bytes.Equal(body, l.remoteSDP) {
		agreed, err := l.media.SetAnswer(body)
		if err != nil {
			l.fail(causeOfMediaError(err))
			return
		}
		l.remoteSDP = bytes.Clone(body)
		l.setAgreed(agreed)
	} else if len(body) == 0 && !l.calling.early {
		l.fail(bridge.Cause{Status: 488, Text: "Missing SDP"})
		return
	}
	l.emit(bridge.Answered{Answer: l.agreed})
	l.proposeNext()
}

// offerInSuccess reads the offer that answers an INVITE without SDP; the ACK will carry our answer.
func (l *leg) offerInSuccess(response *sip.Response) {
	offer, err := l.media.SetOffer(response.Body())
	if err != nil {
		l.acknowledge(l.dialog, l.calling.request.CSeq().SeqNo, nil)
		l.state = stateConfirmed
		l.fail(causeOfMediaError(err))
		return
	}
	l.state = stateConfirmed
	l.offers.answerInACK = true
	l.partyDirection = audioDirection(offer)
	l.emit(bridge.Answered{Answer: offer})
}

// releaseFork acknowledges and ends a dialog that nobody wants: a second fork, or an answer that crossed our CANCEL.
func (l *leg) releaseFork(response *sip.Response) {
	fork := *l.dialog
	fork.establish(response)
	l.acknowledge(&fork, l.calling.request.CSeq().SeqNo, nil)
	bye := fork.request(sip.BYE)
	if _, err := l.send(bye, func(*sip.Response, error) {}); err != nil {
		l.log.Debug("release of a fork", "error", err)
	}
	if l.calling.canceled != nil && l.state == stateSetup {
		l.end(*l.calling.canceled)
	}
}

// acknowledge sends the ACK to a 2xx: a request of its own, outside any transaction.
func (l *leg) acknowledge(d *dialog, sequence uint32, body []byte) {
	ack := d.requestWithSequence(sip.ACK, sequence)
	setSDP(ack, body)
	if err := l.agent.sendStateless(l.nextHop(), ack); err != nil {
		l.log.Debug("ACK not sent", "error", err)
	}
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
	if l.calling.provisional {
		l.sendCancel(cause)
	}
	l.after(cancelPatience, func() { l.end(cause) })
}

func (l *leg) sendCancel(cause bridge.Cause) {
	cancel := cancelOf(l.calling.request)
	if reason := reasonHeader(cause); reason != nil {
		cancel.AppendHeader(reason)
	}
	if _, err := l.agent.transactions.send(l.flow, cancel, func(*sip.Response, error) {}); err != nil {
		l.log.Debug("CANCEL not sent", "error", err)
	}
}

// cancelOf builds the CANCEL of a request: same Request-URI, Via, Route, From, To, Call-ID and sequence number.
func cancelOf(invite *sip.Request) *sip.Request {
	cancel := sip.NewRequest(sip.CANCEL, invite.Recipient)
	for _, name := range []string{"Via", "Route", "From", "To", "Call-ID"} {
		sip.CopyHeaders(name, invite, cancel)
	}
	cancel.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.CANCEL})
	maxForwards := sip.MaxForwardsHeader(70)
	cancel.AppendHeader(&maxForwards)
	return cancel
}
