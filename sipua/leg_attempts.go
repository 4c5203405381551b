package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// attempts are the servers that may take our INVITE, of which one after the other is tried (RFC 3263 section 4.3):
// the same request with another branch, in a transaction of its own. It belongs to its leg's goroutine.
type attempts struct {
	request bridge.Request
	// left are the targets not tried yet.
	left []transport.Target
	// now is the one being tried; nil on a connection that was given.
	now *attempt
}

// attempt is one INVITE to one target.
type attempt struct {
	target      transport.Target
	transaction *sentRequest
	// again tells that it is the second one to the target, since the first connection ended.
	again bool
	// silence gives it up, if there is another.
	silence *time.Timer
	// rang tells that it has brought a provisional response other than 100: there is no other try after it.
	rang bool
	// canceled and released tell that it was left behind, and that what came then got a CANCEL or a BYE.
	canceled, released bool
}

// callInOrder calls the next target. If there is none left, the cause is why the call failed.
func (l *leg) callInOrder(cause bridge.Cause) {
	attempts := &l.calling.attempts
	for len(attempts.left) > 0 && !l.givenUp() {
		target := attempts.left[0]
		attempts.left = attempts.left[1:]
		attempts.now = &attempt{target: target, again: attempts.now != nil && attempts.now.target == target}
		flow, err := l.agent.options.Transports.FlowTo(target)
		if err == nil {
			l.discardMedia()
			l.flow = nil // the dialog is not there yet, so it does not move
			err = l.call(attempts.request, flow)
		}
		if err == nil {
			l.giveUpIfSilent()
			return
		}
		cause = message.CauseOfError(err)
		l.agent.failover.Failed(target, err)
	}
	l.endCalling(cause)
}

// discardMedia drops the media of the try before: they were for another peer, perhaps on another network.
func (l *leg) discardMedia() {
	l.closeMedia()
	l.infoMu.Lock()
	defer l.infoMu.Unlock()
	l.media = noMedia{}
}

// endCalling ends a leg whose INVITE nobody takes.
func (l *leg) endCalling(cause bridge.Cause) {
	if l.calling.canceled != nil {
		cause = *l.calling.canceled
	}
	l.end(cause)
}

// giveUpIfSilent goes on to the next target if this one says nothing at all. The last one may take its time.
func (l *leg) giveUpIfSilent() {
	now := l.calling.attempts.now
	if l.state != stateSetup || len(l.calling.attempts.left) == 0 {
		return
	}
	now.silence = l.after(l.agent.options.Silence, func() {
		if l.unanswered(now) {
			now.transaction.Mute()
			l.attemptFailed(transaction.ErrSilent)
		}
	})
}

// unanswered tells whether an attempt is still going on and no response to it has come.
func (l *leg) unanswered(a *attempt) bool {
	return a != nil && a == l.calling.attempts.now && l.state == stateSetup && !l.calling.provisional &&
		l.calling.canceled == nil
}

// attemptFailed takes the news that the target did not answer.
func (l *leg) attemptFailed(err error) {
	if now := l.calling.attempts.now; now != nil {
		l.agent.failover.Failed(now.target, err)
	}
	l.failOver(message.CauseOfError(err))
}

// attemptAnswered takes a provisional response: the target is there.
func (l *leg) attemptAnswered(response *sip.Response) {
	if now := l.calling.attempts.now; now != nil {
		now.stop()
		now.rang = now.rang || response.StatusCode != sip.StatusTrying
	}
}

// attemptRefused takes a 503: the target cannot, another may.
func (l *leg) attemptRefused(response *sip.Response) {
	if now := l.calling.attempts.now; now != nil {
		l.agent.failover.Busy(now.target, response)
	}
	l.failOver(l.failureOf(response))
}

// failOver goes on to the next target, unless the callee has been reached.
func (l *leg) failOver(cause bridge.Cause) {
	now := l.calling.attempts.now
	if now == nil || now.rang {
		l.endCalling(cause)
		return
	}
	now.stop()
	l.callInOrder(cause)
}

func (a *attempt) stop() {
	if a.silence != nil {
		a.silence.Stop()
	}
}

// attemptDisconnected takes the end of the connection over which the INVITE went. One that was in use before may have
// ended just then; so the same target gets another chance.
func (l *leg) attemptDisconnected() {
	now := l.calling.attempts.now
	if !l.unanswered(now) {
		return
	}
	now.transaction.Abandon()
	if now.again {
		l.attemptFailed(transaction.ErrDisconnected)
		return
	}
	l.calling.attempts.left = append([]transport.Target{now.target}, l.calling.attempts.left...)
	l.failOver(message.CauseOfError(transaction.ErrDisconnected))
}

// lateResponse takes what comes from a target that was left behind: nobody may go on ringing there.
func (l *leg) lateResponse(a *attempt, response *sip.Response) {
	switch {
	case a == nil || response == nil || response.StatusCode >= 300:
	case response.IsSuccess():
		l.releaseLate(a, response)
	case !a.canceled:
		a.canceled = true
		l.sendCancel(a.transaction, bridge.Cause{Status: 408, Text: "Too Late"})
	}
}

// releaseLate acknowledges and ends a call that a target took after it was left behind.
func (l *leg) releaseLate(a *attempt, response *sip.Response) {
	request, flow := a.transaction.Sent()
	late := l.dialog.Fork(request, response)
	ack := late.ACK(request.CSeq().SeqNo)
	if err := l.agent.sendACK(flow, ack); err != nil {
		l.log.Debug("ACK not sent", "error", err)
	}
	if a.released {
		return
	}
	a.released = true
	bye := late.Request(sip.BYE)
	message.Complete(flow, bye)
	if _, err := l.agent.transactions.Send(flow, bye, nil); err != nil {
		l.log.Debug("BYE not sent", "error", err)
	}
}
