package proxy

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// attempt is one INVITE to one place: a device, or one of several servers, of which the next one gets it if this one
// is silent, gone or busy (RFC 3263 section 4.3).
type attempt struct {
	sent *transaction.Client
	// target is the server; that of a device has no address.
	target transport.Target
	// heard tells that a response came: a CANCEL may only follow a provisional one, and no other server is tried.
	heard bool
	// silence gives it up; nil for the last one.
	silence *time.Timer
	// canceled tells that it got its CANCEL, lost that the callee's connection is gone, over that it has its final
	// response.
	canceled, lost, over bool
	deadline             deadline
}

// forward finds the servers, which may take a look-up, and sends the INVITE to the first.
func (p *call) forward() {
	if flow := p.target.Flow; flow != nil {
		if err := p.sendTo(flow, transport.Target{}); err != nil {
			p.refuse(message.CauseOfError(err))
		}
		return
	}
	targets, err := p.calls.options.Servers.Locate(p.target.NextHops, p.transaction.Request.CallID().Value())
	p.mu.Lock()
	p.left = targets
	p.mu.Unlock()
	p.next(bridge.Cause{Status: 503, Err: err})
}

// next sends the INVITE to the next server. If there is none left, the cause is why the call failed.
func (p *call) next(cause bridge.Cause) {
	for {
		p.mu.Lock()
		if len(p.left) == 0 || p.canceled != nil {
			canceled, answered := p.canceled != nil, p.try == nil
			p.mu.Unlock()
			switch {
			case !canceled:
				p.refuse(cause)
			case !answered:
				p.refuse(bridge.Cause{Status: 487})
			}
			return
		}
		target := p.left[0]
		p.left = p.left[1:]
		p.mu.Unlock()
		flow, err := p.calls.options.Servers.FlowTo(target)
		if err == nil {
			err = p.sendTo(flow, target)
		}
		if err == nil {
			return
		}
		p.calls.options.Servers.Failed(target, err)
		cause = message.CauseOfError(err)
	}
}

// sendTo sends the INVITE on a flow.
func (p *call) sendTo(flow transport.Flow, target transport.Target) error {
	if p.transaction.Request.Recipient.Scheme == "sips" && !transport.IsEncrypted(flow) {
		return message.NotEncrypted()
	}
	p.dialog.setCallee(flow)
	hop := p.target.Hop
	hop.RecordRoute = p.dialog.route()
	request := Forward(p.transaction.Request, hop)
	message.Complete(flow, request)
	try := &attempt{target: target}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.canceled != nil && p.try == nil {
		return nil // and answered
	}
	sent, err := p.calls.options.Transactions.Send(flow, request, func(came *sip.Response, err error) {
		p.response(try, came, err)
	})
	if err != nil {
		return err
	}
	try.sent, p.try = sent, try
	p.awaitFinal()
	if len(p.left) > 0 {
		try.silence = p.calls.options.After(p.calls.options.Silence, func() {
			p.calls.options.Start(func() { p.silent(try) })
		})
	}
	return nil
}

// leave gives a try up for the next one, and tells whether that can be: it was not heard, and there is another.
func (p *call) leave(try *attempt) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.try != try || try.heard || len(p.left) == 0 || p.canceled != nil {
		return false
	}
	if try.silence != nil {
		try.silence.Stop()
	}
	try.deadline.stop()
	p.try = &attempt{sent: try.sent, target: try.target} // what still comes to the old one is too late
	return true
}

// silent goes on to the next server, because this one says nothing.
func (p *call) silent(try *attempt) {
	if p.leave(try) {
		try.sent.Abandon()
		p.calls.options.Servers.Failed(try.target, transaction.ErrSilent)
		p.next(message.CauseOfError(transaction.ErrSilent))
	}
}

// response takes a response back to the caller. A 2xx that is repeated comes here each time, as RFC 6026 wants it.
func (p *call) response(try *attempt, came *sip.Response, err error) {
	if !p.isOpen(try) {
		return
	}
	switch {
	case err != nil:
		if p.leave(try) {
			p.calls.options.Servers.Failed(try.target, err)
			p.next(message.CauseOfError(err))
			return
		}
		p.refuse(p.failed(try, err))
		return
	case came.StatusCode == sip.StatusServiceUnavailable && p.leave(try):
		p.calls.options.Servers.Busy(try.target, came)
		p.next(bridge.Cause{Status: came.StatusCode, Text: came.Reason})
		return
	case !p.hear(try, came):
		return
	case came.StatusCode >= 300:
		p.dialog.close()
	}
	if came.StatusCode != sip.StatusTrying {
		p.transaction.Send(Respond(p.transaction.Request, came))
	}
}

// failed notes that no response comes any more, and gives the cause: a callee that did not even answer a CANCEL tells
// nothing more than silence does.
func (p *call) failed(try *attempt, err error) bridge.Cause {
	p.mu.Lock()
	defer p.mu.Unlock()
	try.over = true
	try.deadline.stop()
	switch {
	case p.canceled != nil:
		return bridge.Cause{Status: sip.StatusRequestTerminated}
	case try.lost:
		return bridge.Cause{Status: sip.StatusTemporarilyUnavailable, Text: "Connection Lost"}
	case try.canceled:
		return bridge.Cause{Status: sip.StatusRequestTimeout}
	default:
		return message.CauseOfError(err)
	}
}

// isOpen tells whether a try was not left for another one.
func (p *call) isOpen(try *attempt) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.try == try
}

// hear notes that the callee's side has the INVITE, so that no other server gets it, and cancels it if the caller has
// given up meanwhile. It reports false if the try was left for another one.
func (p *call) hear(try *attempt, came *sip.Response) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.try != try {
		return false
	}
	first := !try.heard
	try.heard = true
	if try.silence != nil {
		try.silence.Stop()
	}
	switch {
	case !came.IsProvisional():
		try.over = true
		try.deadline.stop()
		p.dialog.watch(nil) // which would keep the call in memory
	case first && p.canceled != nil, transport.IsGone(p.dialog.caller): // whom no response would reach
		p.sendCancel()
	case came.StatusCode != sip.StatusTrying && !try.canceled:
		p.awaitFinal()
	}
	return true
}

// awaitFinal gives the callee all its time from now on. The caller holds mu.
func (p *call) awaitFinal() {
	try := p.try
	try.deadline.set(p.calls.options.After, LongestRinging, func() { p.rangTooLong(try) })
}

// rangTooLong cancels the INVITE (RFC 3261 section 16.8).
func (p *call) rangTooLong(try *attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.try == try && !try.over {
		p.sendCancel()
	}
}
