package proxy

import (
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// inDialog is a request of a dialog that passes through us, until its final response. An INVITE may be canceled.
type inDialog struct {
	calls       *Calls
	dialog      *dialog
	transaction *transaction.Server

	mu sync.Mutex
	// sent is how it went on; nil until it has.
	sent *transaction.Client // guarded by mu
	// heard tells that a response came: a CANCEL may only follow a provisional one (RFC 3261 section 9.1).
	heard    bool         // guarded by mu
	over     bool         // guarded by mu: there is a final response
	canceled *sip.Request // guarded by mu; the sender's CANCEL
	patience *time.Timer  // guarded by mu; gives it up after a CANCEL that changes nothing
}

// passRequest sends a request that has an answer on to the other end of a dialog.
func (c *Calls) passRequest(d *dialog, flow, reply transport.Flow, request *sip.Request, to transport.Flow,
	hop Hop,
) {
	p := &inDialog{calls: c, dialog: d}
	var canceled func(*sip.Request)
	if request.IsInvite() { // all else cannot be canceled
		canceled = p.cancel
	}
	var err error
	if p.transaction, err = c.options.Transactions.NewInvite(flow, reply, request, canceled); err != nil {
		c.options.Log.Debug("request dropped", "error", err)
		return
	}
	sent := Forward(request, hop)
	message.Complete(to, sent)
	if err = p.sendTo(to, sent); err != nil {
		p.transaction.Respond(message.CauseOfError(err).Status, "")
	}
}

func (p *inDialog) sendTo(flow transport.Flow, request *sip.Request) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent, err = p.calls.options.Transactions.Send(flow, request, p.response)
	return err
}

// response takes a response back.
func (p *inDialog) response(came *sip.Response, err error) {
	final := err != nil || !came.IsProvisional()
	canceled := p.hear(final)
	if final && p.transaction.Request.Method == sip.BYE {
		p.dialog.close()
	}
	switch {
	case err != nil && canceled:
		p.transaction.Respond(sip.StatusRequestTerminated, "")
	case err != nil:
		p.transaction.Respond(message.NotTimeout(message.CauseOfError(err).Status), "")
	case came.StatusCode != sip.StatusTrying:
		p.transaction.Send(Respond(p.transaction.Request, came))
	}
}

// hear notes that a response came, and cancels what the sender has given up meanwhile. It tells whether he has.
func (p *inDialog) hear(final bool) (canceled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !p.heard
	p.heard, p.over = true, p.over || final
	switch {
	case final && p.patience != nil:
		p.patience.Stop()
	case !final && first && p.canceled != nil:
		p.sendCancel()
	}
	return p.canceled != nil
}

// cancel takes the sender's CANCEL (RFC 3261 section 16.10). The other party's 487 answers the INVITE.
func (p *inDialog) cancel(request *sip.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.canceled != nil {
		return
	}
	p.canceled = request
	if p.heard {
		p.sendCancel()
	}
}

// sendCancel sends the CANCEL on. A party that does not confirm it is not waited for (RFC 3261 section 9.1). The caller
// holds mu.
func (p *inDialog) sendCancel() {
	p.calls.sendCancel(p.sent, p.canceled)
	p.patience = p.calls.options.After(transaction.Timeout, p.sent.Abandon)
}
