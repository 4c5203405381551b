package relay

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/headers"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// Servers finds servers and asks them; *failover.Servers is one.
type Servers interface {
	// Locate gives the servers of next hops, at least one, in the order in which they are to be tried; the same affinity
	// gives the same order. It blocks while it asks the DNS.
	Locate(nextHops []sip.Uri, affinity string) ([]transport.Target, error)
	// SendInOrder sends a request to one after the other until one answers, and gives its final response.
	SendInOrder(targets []transport.Target, limit time.Duration, build func(transport.Flow) *sip.Request,
	) (*sip.Response, error)
}

// Users knows who is at the other end of connections. Users are "name@domain".
type Users interface {
	// Proved notes that a server took the registration of a user on a flow.
	Proved(flow transport.Flow, user string)
	// Is tells whether a user has proved himself on a flow.
	Is(flow transport.Flow, user string) bool
	// Allow counts a request of a user, and tells whether it may be served.
	Allow(user string) bool
	// Greet completes the 200 to a REGISTER of a user.
	Greet(flow transport.Flow, user string, response *sip.Response)
}

// Removals remembers the publications that were ended; *notifier.Removals is one.
type Removals interface {
	// IsRepeated tells whether a PUBLISH asks for the end of what has just ended; Note remembers one that was granted.
	IsRepeated(flow transport.Flow, request *sip.Request) bool
	Note(flow transport.Flow, request *sip.Request)
}

// Options configure a Relay. All are needed.
type Options struct {
	// Transactions carry the messages.
	Transactions *transaction.Table
	// Servers are those of other domains.
	Servers Servers
	// Users are those at connections to us.
	Users Users
	// Removals are publications that were ended.
	Removals Removals
	// Headers says which header fields cross.
	Headers headers.Policy
	// IsOwn tells of a header field's value whether it holds credentials for us, which must not leave.
	IsOwn func(value string) bool
	// Refuse answers a request with a bridge.Cause, outside of any transaction.
	Refuse func(reply transport.Flow, request *sip.Request, err error)
	// Start runs work in a goroutine that its owner waits for; it reports false, having done nothing, once that ends.
	Start func(work func()) bool
	// After is time.AfterFunc but in tests.
	After func(delay time.Duration, work func()) *time.Timer
	// Complain logs what others can cause as often as they like.
	Complain func(what string, details ...any)
	// Log must not be nil.
	Log *slog.Logger
}

// Relay passes requests to the servers of other domains. It is safe for concurrent use.
type Relay struct {
	options       Options
	bindings      *bindings
	guard         guard
	paths         *paths
	subscriptions *subscriptions
	passed        atomic.Uint64
}

// New makes a Relay. What it starts ends with Options.Start and Options.Transactions.
func New(options Options) *Relay {
	return &Relay{
		options: options, bindings: newBindings(), guard: newGuard(), paths: newPaths(),
		subscriptions: newSubscriptions(),
	}
}

// Answerer answers challenges in the place of a browser.
type Answerer interface {
	// Answer gives the header that answers the challenge to a request.
	Answer(response *sip.Response, method sip.RequestMethod, uri sip.Uri) (sip.Header, error)
}

// Domain is another domain, as one request goes to it.
type Domain struct {
	// Name is the host part of its users' addresses.
	Name string
	// NextHops are the SIP URIs of its servers, at least one, tried in this order.
	NextHops []sip.Uri
	// Answers, if not nil, answers the challenge to a REGISTER, once.
	Answers Answerer
}

// Pass passes a request outside of dialogs to the server of a domain.
func (r *Relay) Pass(flow, reply transport.Flow, received *sip.Request, to Domain) {
	transaction, err := r.options.Transactions.NewServer(flow, reply, received)
	if err != nil {
		r.options.Log.Debug("request dropped", "error", err)
		return
	}
	r.passed.Add(1)
	passing := &request{relay: r, source: flow, transaction: transaction, to: to}
	if status := passing.prepare(received); status != 0 {
		transaction.Respond(status, "")
		return
	}
	if !r.options.Start(passing.forward) {
		transaction.Respond(503, "")
	}
}

// Admit tells whether a REGISTER may go on: how many come from one source is bounded, and how often it guesses. The
// error is a bridge.Cause to answer with.
func (r *Relay) Admit(flow transport.Flow, register *sip.Request) error {
	return r.guard.admit(flow, register)
}

// Passed counts the requests that were passed on, either way.
func (r *Relay) Passed() uint64 { return r.passed.Load() }

// Subscriptions counts those at other servers, for leak checks.
func (r *Relay) Subscriptions() int { return r.subscriptions.size() }

// FlowClosed forgets the bindings and subscriptions of a connection that is gone.
func (r *Relay) FlowClosed(flow transport.Flow) {
	r.bindings.forget(flow)
	r.subscriptions.forget(flow)
}
