package proxy

import (
	"log/slog"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// Servers finds servers, and is told which of them are not there.
type Servers interface {
	// Locate gives the servers of next hops, at least one, in the order in which they are to be tried; the same affinity
	// gives the same order. It blocks while it asks the DNS.
	Locate(nextHops []sip.Uri, affinity string) ([]transport.Target, error)
	// FlowTo gives the flow to a server. It does not block.
	FlowTo(target transport.Target) (transport.Flow, error)
	// Failed tells that a server did not answer, Busy that it answered 503.
	Failed(target transport.Target, err error)
	Busy(target transport.Target, response *sip.Response)
}

// Options configure Calls. All are needed.
type Options struct {
	// Transactions carry the messages.
	Transactions *transaction.Table
	// Servers finds the servers of next hops.
	Servers Servers
	// MayPlace tells whether a user, "name@domain" or empty, may place one more call. The error is a bridge.Cause.
	MayPlace func(user string) error
	// Refuse answers a request with a bridge.Cause, outside of any transaction.
	Refuse func(reply transport.Flow, request *sip.Request, err error)
	// Start runs work in a goroutine that its owner waits for; it reports false, having done nothing, once that ends.
	Start func(work func()) bool
	// After is time.AfterFunc but in tests.
	After func(delay time.Duration, work func()) *time.Timer
	// Silence is how long a server may say nothing at all before the next one is tried.
	Silence time.Duration
	// Log must not be nil.
	Log *slog.Logger
}

// Calls are the calls that pass through us, and their dialogs.
type Calls struct {
	options Options
	dialogs *dialogs
}

// New makes Calls. What they start ends with Options.Start and Options.Transactions.
func New(options Options) *Calls { return &Calls{options: options, dialogs: newDialogs()} }

// Of tells how many dialogs a user, "name@domain", has begun that still last.
func (c *Calls) Of(user string) int { return c.dialogs.of(user) }

// Size counts all dialogs that last, for leak checks.
func (c *Calls) Size() int { return c.dialogs.size() }

// FlowClosed drops the dialogs of a connection that is gone: their parties have no way to each other any more.
func (c *Calls) FlowClosed(flow transport.Flow) { c.dialogs.forget(flow) }

// PassInDialog sends a request of a dialog to its other end, if it is one that passes through us, and tells whether. It
// refuses what may not go there, but for an ACK, which has no answer: of that it tells that it did not pass.
func (c *Calls) PassInDialog(flow, reply transport.Flow, request *sip.Request) bool {
	d, behind := c.dialogs.find(request)
	if d == nil {
		return false
	}
	hop := Hop{RequestURI: request.Recipient, Routes: behind}
	to, ok := d.other(flow)
	switch {
	case request.Method == sip.ACK && (!ok || message.Hops(request) == 0):
		return false
	case !ok:
		c.options.Refuse(reply, request, bridge.Cause{Status: 403})
	case message.Hops(request) == 0:
		c.options.Refuse(reply, request, bridge.Cause{Status: 483})
	case request.Method == sip.ACK:
		ack := Forward(request, hop)
		message.Complete(to, ack)
		if err := c.options.Transactions.SendACK(to, ack); err != nil {
			c.options.Log.Debug("ACK not passed on", "error", err)
		}
	default:
		c.passRequest(d, flow, reply, request, to, hop)
	}
	return true
}

// sendCancel sends the CANCEL of an INVITE on, with what its sender says of the reason; without one it is ours.
func (c *Calls) sendCancel(sent *transaction.Client, canceled *sip.Request) {
	invite, flow := sent.Sent()
	cancel := message.Cancel(invite)
	if canceled != nil {
		sip.CopyHeaders("Reason", canceled, cancel)
	}
	if _, err := c.options.Transactions.Send(flow, cancel, func(*sip.Response, error) {}); err != nil {
		c.options.Log.Debug("CANCEL not sent", "error", err)
	}
}
