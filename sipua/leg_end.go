package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// hangup ends the leg from our side: the leg knows whether that takes a CANCEL, a BYE or a final response.
func (l *leg) hangup(cause bridge.Cause) {
	switch {
	case l.state == stateOver:
	case l.state == stateSetup && l.incoming:
		l.end(cause)
	case l.state == stateSetup:
		l.cancel(cause)
	case l.state == stateAnswered:
		// A callee may not send BYE before it has the ACK (RFC 3261 section 15). The resender's end frees us.
		l.byePending = &cause
		l.after(cancelPatience, func() { l.bye(cause) })
	default:
		l.bye(cause)
	}
}

// fail ends a running dialog because of an error of the bridge or of the media.
func (l *leg) fail(cause bridge.Cause) {
	if l.state == stateOver {
		return
	}
	l.log.Info("leg failed", "cause", cause)
	if l.state == stateAnswered || l.state == stateConfirmed {
		l.sendBye(cause)
	}
	l.end(cause)
}

// shutDown ends the leg at once, because the agent closes.
func (l *leg) shutDown(cause bridge.Cause) {
	switch l.state {
	case stateAnswered, stateConfirmed:
		l.sendBye(cause)
	case stateSetup:
		if !l.incoming && l.calling.provisional {
			l.sendCancel(l.calling.transaction, cause)
		}
	case stateOver:
	}
	l.end(cause)
}

func (l *leg) bye(cause bridge.Cause) {
	if l.state == stateOver {
		return
	}
	l.sendBye(cause)
	l.end(cause)
}

func (l *leg) sendBye(cause bridge.Cause) {
	l.lastWords()
	bye := l.dialog.Request(sip.BYE)
	l.sayWhy(bye, cause)
	l.sendLast(l.dialog, bye)
}

// send starts a client transaction of the dialog. The handler runs in the leg's goroutine.
func (l *leg) send(request *sip.Request, handler transaction.Handler) (*sentRequest, error) {
	return l.sendIn(l.dialog, request, handler)
}

// sendIn does that in one of the dialogs that our INVITE has made. Where the party is spoken to at servers, the next
// one gets what one does not take; if none can be reached, it goes to where the party last sent from.
func (l *leg) sendIn(d *dialog.Dialog, request *sip.Request, handler transaction.Handler) (*sentRequest, error) {
	if !l.keepsFlow(d) {
		tries := serverTries{leg: l, dialog: d, handler: handler}
		if sent, err := tries.send(request); err == nil {
			return sent, nil
		}
	}
	if request.Via() != nil {
		return l.transmit(d, l.flow, message.Reroute(request, l.flow), handler)
	}
	message.Complete(l.flow, request)
	return l.transmit(d, l.flow, request, handler)
}

// lingerOn gives what was just sent as long as what was sent before the end.
func (l *leg) lingerOn() {
	if l.linger != nil && l.referral == nil && l.linger.Stop() {
		l.linger = l.after(transaction.Timeout, func() { l.gave = true })
	}
}

// adoptFlow moves the dialog to the flow on which its party now speaks.
func (l *leg) adoptFlow(flow transport.Flow) {
	if l.flow == flow {
		return
	}
	moved := l.flow != nil
	l.flow = flow
	l.gone = flow.Done()
	l.dialog.MoveTo(flow)
	l.describe()
	if moved {
		l.lookUpHop(l.dialog)
		l.agent.complain("dialog moved to another connection", "leg", l.id, "remote", flow.RemoteAddr())
	}
}

// flowLost takes the end of the party's connection. A running call goes on: its media decide. A browser
// forgets a call that was not answered yet; over TCP the connection is made again when it is needed.
func (l *leg) flowLost() {
	l.log.Info("signalling connection lost")
	l.lookUpHop(l.dialog)
	switch {
	case l.state == stateSetup && !l.incoming && l.calling.attempts.now != nil:
		l.attemptDisconnected()
	case l.state == stateSetup && comesBack(l.flow):
		l.end(bridge.Cause{Status: 480, Text: "Connection lost"})
	}
}

// mediaLost takes the news that no media come any more. A phone's call ends; a browser's is parked, for
// it may come back on another network, another connection, or as a reloaded page.
func (l *leg) mediaLost(cause bridge.Cause) {
	if l.state != stateAnswered && l.state != stateConfirmed {
		return
	}
	if !comesBack(l.flow) || l.agent.options.Park <= 0 {
		l.fail(cause)
		return
	}
	if l.parked {
		return
	}
	l.parked = true
	l.log.Info("leg parked", "for", l.agent.options.Park)
	l.emit(bridge.Parked{})
	l.parkedFor(cause)
}

// parkedFor gives the party the whole park time to bring its media back.
func (l *leg) parkedFor(cause bridge.Cause) {
	if l.parkTimer != nil {
		l.parkTimer.Stop()
	}
	l.lost = cause
	var timer *time.Timer
	timer = l.after(l.agent.options.Park, func() {
		if l.parked && l.parkTimer == timer {
			l.fail(cause)
		}
	})
	l.parkTimer = timer
}

// mediaBack resumes a parked leg.
func (l *leg) mediaBack() {
	if !l.parked || l.state == stateOver {
		return
	}
	l.parked = false
	l.parkTimer.Stop()
	l.log.Info("leg resumed")
	l.emit(bridge.Resumed{})
}

// comesBack tells whether the party's transport is one that browsers lose and make again.
func comesBack(flow transport.Flow) bool {
	return transport.FromBrowser(flow)
}
