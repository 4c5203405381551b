package sipua

import (
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/content"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

// proposal is an offer that we want to make.
type proposal struct {
	description bridge.Description
	// tell says that the call waits for Accepted or Refused. A hold does not: it offers what is agreed when it is sent.
	tell bool
	// refresh says that it is made although it may say nothing new.
	refresh bool
	// tries counts how often it was made again.
	tries int
	// answered is the response that took the call, but not what it was offered first; nil for all other offers.
	answered *sip.Response
}

// maxTries bounds how often an offer is made again to a party that always answers 491, or 422.
const maxTries = 8

// setDirection holds or resumes toward the party. It waits for nothing, and a refusal goes no further:
// JsSIP would end the call if a hold of the other party failed.
func (l *leg) setDirection(direction bridge.Direction) {
	l.wanted = direction
	if l.state == stateOver || l.state == stateSetup && l.incoming {
		return
	}
	if waiting := l.offers.waiting; waiting != nil && waiting.tell {
		waiting.description = withDirection(waiting.description, direction)
		return
	}
	if l.offers.sentDirection == direction && l.offers.out == nil {
		l.offers.waiting = nil
		return
	}
	l.propose(proposal{})
}

// refresh makes an offer that says nothing new, unless another one is about to be made.
func (l *leg) refresh() {
	if l.offers.waiting == nil {
		l.propose(proposal{refresh: true})
	}
}

// propose makes an offer now, or as soon as the dialog and other offers allow. It takes the place of one that waits.
func (l *leg) propose(p proposal) {
	if l.offers.waiting != nil {
		l.proposalRefused(l.offers.waiting, bridge.Cause{Status: 491, Text: message.Phrase(491)})
	}
	l.offers.waiting = &p
	l.proposeNext()
}

// proposeNext makes the offer that waits, if it can be now, and else tells what waits to be told.
func (l *leg) proposeNext() {
	l.proposeWaiting()
	l.introduceNext()
}

func (l *leg) proposeWaiting() {
	if l.offers.waiting == nil || l.state != stateConfirmed || l.offers.busy() ||
		l.dialog.Hop().Holds() { // an ACK goes first
		return
	}
	p := l.offers.waiting
	l.offers.waiting = nil
	if !p.tell {
		p.description = withDirection(l.agreed, l.wanted)
		if !p.refresh && l.offers.sentDirection == l.wanted {
			return // an answer of ours has said so meanwhile
		}
	}
	body, err := l.media.Offer(p.description)
	if err != nil {
		l.log.Warn("offer impossible", "error", err)
		l.proposalRefused(p, message.CauseOfMediaError(err))
		return
	}
	l.offers.out = p
	invite := l.dialog.Request(sip.INVITE)
	l.agent.addCapabilities(invite)
	l.session.Propose(invite)
	content.SetSDP(invite, body)
	transaction, err := l.send(invite, func(response *sip.Response, err error) {
		l.proposalResponse(p, response, err)
	})
	if err != nil {
		l.proposalFailed(p, message.CauseOfError(err), false)
		return
	}
	l.after(proposalPatience, func() { l.abandonProposal(p, transaction) })
}

// proposalPatience is how long a party may take to answer a re-INVITE for which it has sent a provisional response.
const proposalPatience = transaction.Timeout

// abandonProposal gives a re-INVITE up whose answer does not come. The state machine waits for it without limit.
func (l *leg) abandonProposal(p *proposal, transaction *sentRequest) {
	if l.offers.out != p || l.state == stateOver {
		return
	}
	l.sendCancel(transaction, bridge.Cause{Status: 408})
	l.after(cancelPatience, func() {
		if l.offers.out == p {
			transaction.newest().Abandon()
		}
	})
}

// proposalResponse takes what became of our re-INVITE.
func (l *leg) proposalResponse(p *proposal, response *sip.Response, err error) {
	switch {
	case err != nil:
		l.proposalFailed(p, message.CauseOfError(err), false)
	case response.IsProvisional():
	case response.IsSuccess():
		l.dialog.Refresh(response)
		l.lookUpHop(l.dialog)
		l.describe()
		l.acknowledge(l.dialog, response.CSeq().SeqNo, nil)
		if l.offers.out == p && l.state != stateOver { // else it is a repeated one
			l.session.Follow(response)
			l.proposalAnswered(p, response)
		}
	case response.StatusCode == 422 && l.offers.out == p && p.tries < maxTries && l.session.Raise(response):
		l.proposalWaits(p)
		l.proposeNext()
	default:
		l.proposalFailed(p, l.causeOfResponse(response), true)
	}
}

func (l *leg) proposalAnswered(p *proposal, response *sip.Response) {
	l.offers.out = nil
	before := l.agreed
	agreed, err := l.media.SetAnswer(content.SDPIn(response))
	if err != nil {
		l.media.Rollback()
		l.proposalRefused(p, message.CauseOfMediaError(err))
	} else {
		l.offers.sentDirection = directionOf(p.description)
		l.agreed = agreed
		l.told.known = false
		l.pictures = picturesIn(agreed)
		switch {
		case p.answered != nil:
			l.answeredPlainly(p.answered, agreed)
		case p.tell:
			l.emit(bridge.Accepted{Answer: agreed})
		default:
			l.tellIfChanged(before, directionOf(agreed))
		}
	}
	l.proposeNext()
}

// proposalFailed takes a refusal of our re-INVITE, or its failure if it is not the party that said so: glare is
// retried, a dead dialog ends the leg, all else leaves the session as it was (RFC 3261 sections 14.1 and 12.2.1.2).
func (l *leg) proposalFailed(p *proposal, cause bridge.Cause, byParty bool) {
	if l.offers.out != p || l.state == stateOver {
		return
	}
	l.offers.out = nil
	l.media.Rollback()
	switch {
	case cause.Status == 481, cause.Status == 408 && (byParty || !comesBack(l.flow)):
		l.fail(cause)
		return
	case cause.Status == 491 && p.tries < maxTries:
		l.proposalWaits(p)
		l.after(l.glareWait(), l.proposeNext)
		return
	}
	l.proposalRefused(p, cause)
	if p.refresh {
		l.session.RefreshRefused()
	}
	l.proposeNext()
}

// proposalWaits lets an offer be made once more, unless a newer one waits already.
func (l *leg) proposalWaits(p *proposal) {
	p.tries++
	l.offers.out = nil
	l.media.Rollback()
	if l.offers.waiting == nil {
		l.offers.waiting = p
	} else {
		l.proposalRefused(p, bridge.Cause{Status: 491, Text: message.Phrase(491)})
	}
}

func (l *leg) proposalRefused(p *proposal, cause bridge.Cause) {
	switch {
	case p.answered != nil: // there are no media to go on with
		l.fail(cause)
	case p.tell:
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
