package notifier

import (
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// Options configure a Notifier. All are needed.
type Options struct {
	// Transactions carry the messages.
	Transactions *transaction.Table
	// Presence knows what there is to tell.
	Presence *presence.Server
	// Removals remembers the publications that were ended.
	Removals *Removals
	// MayRefresh tells whether a flow may speak for a user, "name@domain", who subscribed on another one. The error is a
	// bridge.Cause.
	MayRefresh func(flow, subscribed transport.Flow, user string) error
	// Refuse answers a request with a bridge.Cause, outside of any transaction.
	Refuse func(reply transport.Flow, request *sip.Request, err error)
	// Log must not be nil.
	Log *slog.Logger
}

// Notifier holds the subscriptions to users of ours. It is safe for concurrent use.
type Notifier struct {
	options       Options
	subscriptions *subscriptions
}

// New makes a Notifier. What it sends ends with Options.Transactions.
func New(options Options) *Notifier {
	return &Notifier{options: options, subscriptions: newSubscriptions()}
}

// Subscribe makes the subscription that a SUBSCRIBE outside of dialogs asks for (RFC 6665 section 4.2.1), and tells it
// how things are. The request has a Contact.
func (n *Notifier) Subscribe(flow, reply transport.Flow, request *sip.Request, asked presence.Subscribe) {
	s := n.newSubscription(flow, request, asked.By)
	request.To().Params.Add("tag", s.ends.ID.LocalTag) // so that every response carries it
	transaction, err := n.options.Transactions.NewServer(flow, reply, request)
	if err != nil {
		n.options.Log.Debug("SUBSCRIBE dropped", "error", err)
		return
	}
	told, granted, err := n.options.Presence.Subscribe(asked, s)
	if err != nil {
		transaction.Send(message.Refusal(request, message.CauseOfError(err), 500))
		return
	}
	s.told = told
	n.subscriptions.add(s)
	accept(transaction, granted, s.contactHeader())
	n.options.Presence.Tell(told)
	if flow.Done() != nil && transport.IsGone(flow) {
		n.FlowClosed(flow) // it ended meanwhile
	}
}

// accept grants a SUBSCRIBE or PUBLISH some time.
func accept(transaction *transaction.Server, granted time.Duration, headers ...sip.Header) {
	headers = append(headers, sip.NewHeader("Expires", strconv.Itoa(int(granted/time.Second))))
	transaction.Respond(200, "", headers...)
}

// ReceiveInDialog takes a request in the dialog of a subscription, and tells whether it is in one. It refreshes or ends
// the subscription (RFC 6665 section 4.2.1.2). Whoever asks again for the end of what has ended hears 481, without
// which sipML5 goes on asking.
func (n *Notifier) ReceiveInDialog(flow, reply transport.Flow, request *sip.Request) bool {
	s := n.subscriptions.find(request)
	if s == nil {
		return false
	}
	if err := n.options.MayRefresh(flow, s.flow, s.user); err != nil {
		n.options.Refuse(reply, request, err)
		return true
	}
	transaction, err := n.options.Transactions.NewServer(flow, reply, request)
	if err != nil {
		n.options.Log.Debug("request dropped", "error", err)
		return true
	}
	switch {
	case request.Method != sip.SUBSCRIBE:
		transaction.Respond(405, "", sip.NewHeader("Allow", "SUBSCRIBE"))
	case !s.next(request):
		transaction.Respond(500, "CSeq out of order")
	default:
		n.refresh(s, transaction)
	}
	return true
}

func (n *Notifier) refresh(s *subscription, transaction *transaction.Server) {
	asked := message.Expires(transaction.Request)
	if asked == message.MalformedExpires {
		transaction.Respond(400, "Malformed Expires")
		return
	}
	granted, err := n.options.Presence.Refresh(s.told, asked)
	if err != nil {
		transaction.Send(message.Refusal(transaction.Request, message.CauseOfError(err), 500))
		return
	}
	accept(transaction, granted, s.contactHeader())
	n.options.Presence.Tell(s.told)
}

// Publish takes a PUBLISH (RFC 3903 section 6).
func (n *Notifier) Publish(flow, reply transport.Flow, request *sip.Request, asked presence.Publish) {
	transaction, err := n.options.Transactions.NewServer(flow, reply, request)
	if err != nil {
		n.options.Log.Debug("PUBLISH dropped", "error", err)
		return
	}
	if n.options.Removals.IsRepeated(flow, request) {
		transaction.Respond(481, "")
		return
	}
	tag, granted, err := n.options.Presence.Publish(asked)
	if err != nil {
		transaction.Send(message.Refusal(request, message.CauseOfError(err), 500))
		return
	}
	n.options.Removals.Note(flow, request)
	accept(transaction, granted, sip.NewHeader("SIP-ETag", tag))
}

// Watches tells whether a user, "name@domain", subscribed to events of a package on a flow.
func (n *Notifier) Watches(flow transport.Flow, user string, pkg presence.Package) bool {
	for _, s := range n.subscriptions.on(flow) {
		if s.user == user && strings.HasPrefix(s.event, string(pkg)) {
			return true
		}
	}
	return false
}

// FlowClosed ends the subscriptions that were made on a flow that is gone.
func (n *Notifier) FlowClosed(flow transport.Flow) {
	for _, s := range n.subscriptions.on(flow) {
		n.options.Presence.Drop(s.told)
		n.subscriptions.remove(s)
	}
}

// Size counts the subscriptions, for leak checks.
func (n *Notifier) Size() int { return n.subscriptions.size() }
