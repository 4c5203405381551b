package proxy

import (
	"sync"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// call is an INVITE that passes through us as through a proxy: caller and callee see each other's SDP, and we are
// no party to the call. It goes to one target: calls that ring at several places are bridged.
type call struct {
	calls       *Calls
	transaction *transaction.Server
	target      Target
	dialog      *dialog

	mu sync.Mutex
	// left are the servers that were not tried yet.
	left []transport.Target // guarded by mu
	// try is the one that has the INVITE; nil until it has gone on.
	try      *attempt     // guarded by mu
	canceled *sip.Request // guarded by mu; the caller's CANCEL
}

// Target is where an INVITE goes on.
type Target struct {
	// Hop is how it goes on.
	Hop Hop
	// Flow is the connection of a device; without one the servers are looked up.
	Flow transport.Flow
	// NextHops are the SIP URIs of those servers.
	NextHops []sip.Uri
}

// Pass sends an INVITE on, whose caller is this user, "name@domain", or unknown to us: empty. It came on flow; reply is
// the way back.
func (c *Calls) Pass(flow, reply transport.Flow, request *sip.Request, user string, target Target) {
	p := &call{calls: c, target: target}
	var err error
	if p.transaction, err = c.options.Transactions.NewInvite(flow, reply, request, p.cancel); err != nil {
		c.options.Log.Debug("INVITE dropped", "error", err)
		return
	}
	p.transaction.Respond(100, "")
	if err = c.options.MayPlace(user); err == nil {
		p.dialog, err = c.dialogs.open(request, flow, user)
	}
	if err != nil {
		p.refuse(message.CauseOfError(err))
		return
	}
	p.dialog.watch(p.lost)
	if !c.options.Start(p.forward) {
		p.refuse(bridge.Cause{Status: 503})
	}
}

// cancel takes the caller's CANCEL (RFC 3261 section 16.10). The callee's 487 answers the INVITE.
func (p *call) cancel(request *sip.Request) {
	if p.transaction.Answered() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.canceled != nil {
		return
	}
	p.canceled = request
	switch {
	case p.try == nil:
		p.refuse(bridge.Cause{Status: 487})
	case p.try.heard:
		p.sendCancel()
	}
}

// sendCancel sends the CANCEL on, or our own. A callee that does not confirm it is not waited for (RFC 3261 section
// 9.1). The caller holds mu.
func (p *call) sendCancel() {
	try := p.try
	if try.canceled || try.over {
		return
	}
	try.canceled = true
	p.calls.sendCancel(try.sent, p.canceled)
	try.deadline.set(p.calls.options.After, transaction.Timeout, try.sent.Abandon)
}

// lost takes the end of a party's connection: a caller that is gone rings nobody any more, and a browser that is gone
// has forgotten what rang there.
func (p *call) lost(flow transport.Flow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch try := p.try; {
	case try == nil, try.over:
	case flow == p.dialog.caller:
		if try.heard { // else it is canceled when it is
			p.sendCancel()
		}
	case transport.FromBrowser(flow):
		try.lost = true
		try.sent.Abandon()
	}
}

func (p *call) refuse(cause bridge.Cause) {
	if p.dialog != nil {
		p.dialog.close()
	}
	response := message.Refusal(p.transaction.Request, cause, 480)
	if !response.To().Params.Has("tag") {
		message.SetTag(response, message.NewTag())
	}
	p.transaction.Send(response)
}
