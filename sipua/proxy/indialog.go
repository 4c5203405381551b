package proxy

import (
	"sync"

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
	ends     bool         // guarded by mu: a CANCEL went on
	deadline deadline     // guarded by mu
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
	if err == nil && request.IsInvite() { // all else ends by itself
		p.awaitFinal()
	}
	return err
}

// response takes a response back.
func (p *inDialog) response(came *sip.Response, err error) {
	final := err != nil || !came.IsProvisional()
	p.hear(final, !final && came.StatusCode == sip.StatusTrying)
	if final && p.transaction.Request.Method == sip.BYE {
		p.dialog.close()
	}
	switch {
	case err != nil:
		p.transaction.Respond(p.statusOf(err), "")
	case came.StatusCode != sip.StatusTrying:
		p.transaction.Send(Respond(p.transaction.Request, came))
	}
}

// statusOf gives what the sender hears because no response comes.
func (p *inDialog) statusOf(err error) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.canceled != nil:
		return sip.StatusRequestTerminated
	case p.ends:
		return sip.StatusGatewayTimeout // 408 would end the dialog (RFC 5057 section 5.1)
	default:
		return message.NotTimeout(message.CauseOfError(err).Status)
	}
}

// hear notes that a response came, or that none comes, and cancels what the sender has given up meanwhile.
func (p *inDialog) hear(final, trying bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard, p.over = true, p.over || final
	switch {
	case p.over:
		p.deadline.stop()
	case p.canceled != nil:
		p.sendCancel()
	case !trying && !p.ends && p.transaction.Request.IsInvite():
		p.awaitFinal()
	}
}

// awaitFinal gives the other party all its time from now on. The caller holds mu.
func (p *inDialog) awaitFinal() {
	p.deadline.set(p.calls.options.After, LongestRinging, p.tookTooLong)
}

// tookTooLong cancels the INVITE (RFC 3261 section 16.8).
func (p *inDialog) tookTooLong() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.sendCancel()
	}
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

// sendCancel sends the CANCEL on, or our own. A party that does not confirm it is not waited for (RFC 3261 section
// 9.1). The caller holds mu.
func (p *inDialog) sendCancel() {
	if p.ends {
		return
	}
	p.ends = true
	p.calls.sendCancel(p.sent, p.canceled)
	p.deadline.set(p.calls.options.After, transaction.Timeout, p.sent.Abandon)
}
