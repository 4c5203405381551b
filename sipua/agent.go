package sipua

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"sipbridge/sipua/admission"
	"sipbridge/sipua/failover"
	"sipbridge/sipua/identity"
	"sipbridge/sipua/notifier"
	"sipbridge/sipua/presence"
	"sipbridge/sipua/proxy"
	"sipbridge/sipua/relay"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/upstream"
)

// Agent is the bridge's SIP user agent. Transports feed it by Receive; calls use it as their endpoints.
type Agent struct {
	options       Options
	log           *slog.Logger
	transactions  *transaction.Table
	dialogs       *dialogs
	users         *identity.Users
	identity      *identity.Verifier
	relay         *relay.Relay
	failover      *failover.Servers
	proxies       *proxy.Calls
	admission     *admission.Control
	rates         *admission.Rates
	names         *admission.Rates
	presence      *presence.Server
	notifier      *notifier.Notifier
	removals      *notifier.Removals
	upstreams     *upstream.Servers
	trunks        trunks
	registrations *registrations
	stats         counters
	*complaints
	// tagKey makes the tags of stateless responses.
	tagKey [32]byte

	// crew are the goroutines of legs and of requests on their way to an upstream server.
	crew    crew
	closing chan struct{}
	// after is time.AfterFunc but in tests.
	after after
}

// NewAgent makes an agent. Run ends it.
func NewAgent(options Options) *Agent {
	options = options.withDefaults()
	a := &Agent{
		options: options,
		log:     options.Log,
		transactions: transaction.NewTable(transaction.Options{
			FlowTo: flowTo(options.Transports), Trace: options.Trace, Log: options.Log,
		}),
		dialogs:       newDialogs(),
		users:         identity.NewUsers(),
		rates:         admission.NewRates(requestsPerSecond, requestsAtOnce),
		names:         admission.NewRates(namesPerSecond, namesAtOnce),
		removals:      notifier.NewRemovals(),
		registrations: newRegistrations(),
		closing:       make(chan struct{}),
		after:         time.AfterFunc,
	}
	_, _ = rand.Read(a.tagKey[:]) // never fails (Go 1.24)
	if a.options.Route == nil {
		a.options.Route = a.routeHome
	}
	if options.Owner == nil {
		a.options.Owner = ownerByAddress
	}
	options.Presence.Reachable = a.isReachable
	a.presence = presence.New(options.Presence)
	a.notifier = a.newNotifier()
	a.complaints = newComplaints(a.log, &a.stats.panics)
	a.identity = a.newIdentity()
	a.admission = a.newAdmission()
	a.failover = a.newFailover()
	a.trunks = a.newTrunks(options.Trunks)
	a.proxies = a.newProxies()
	a.relay = a.newRelay()
	a.upstreams = a.newUpstreams()
	return a
}

func (a *Agent) newAdmission() *admission.Control {
	return admission.New(admission.Options{
		Protection: a.options.Protection, CallsOnly: a.options.CallsOnly, Transactions: a.transactions,
		Complain: a.complain,
	})
}

func (a *Agent) newFailover() *failover.Servers {
	return failover.New(failover.Options{
		Transactions: a.transactions, FlowTo: flowTo(a.options.Transports), Locator: a.options.Locator,
		Blacklist: a.options.Blacklist, Silence: a.options.Silence, Closing: a.closing,
		After:    func(delay time.Duration, work func()) *time.Timer { return a.after(delay, work) },
		Complain: a.complain, Log: a.log,
	})
}

// Run waits for ctx to end, then ends every leg and transaction; it returns when all their goroutines are gone.
func (a *Agent) Run(ctx context.Context) error {
	a.crew.start(func() { a.presence.Run(ctx) })
	var probing sync.WaitGroup
	probing.Go(func() { a.upstreams.Probe(ctx) })
	a.upstreams.Watch(ctx)
	close(a.closing)
	probing.Wait()
	a.crew.wait()
	a.transactions.Close()
	return nil
}

// FlowClosed forgets what was known of a flow; its bindings are gone. Legs see it by the flow's Done channel.
func (a *Agent) FlowClosed(flow transport.Flow) {
	a.users.Forget(flow)
	a.relay.FlowClosed(flow)
	a.proxies.FlowClosed(flow)
	a.registrations.flowClosed(flow)
	a.removals.FlowClosed(flow)
	a.notifier.FlowClosed(flow)
	a.presence.SourceGone(flow)
	a.options.Registrar.FlowClosed(flow)
}
