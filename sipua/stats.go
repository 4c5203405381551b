package sipua

import "sync/atomic"

// counters are what the agent counts.
type counters struct {
	received, malformed, refused, stray, panics, challenged, unheard atomic.Uint64
	delivered, proxied, badRoutes                                    atomic.Uint64
}

// Stats is a snapshot of the agent.
type Stats struct {
	// Received counts SIP messages; Malformed those refused by the parser; Stray those that matched nothing.
	Received, Malformed, Stray uint64
	// Challenged counts 401 and 407 answers, Refused all other failures that needed no leg, Relayed requests passed
	// to an upstream server.
	Challenged, Refused, Relayed uint64
	// Scanners counts messages that got no answer because of their User-Agent.
	Scanners uint64
	// Strangers counts calls of whoever has proved nothing that did not begin, because there were too many.
	Strangers uint64
	// CallsOnly counts requests of those who may only place calls that were something else, or came too late.
	CallsOnly uint64
	// Delivered counts messages and notices brought to users' devices.
	Delivered uint64
	// BadTokens counts requests whose token was not good.
	BadTokens uint64
	// Proxied counts calls that passed through us as through a proxy, BadRoutes requests for a next hop that is not ours
	// to choose.
	Proxied, BadRoutes uint64
	// FailedOver counts requests of ours that a server did not take: it was silent, out of reach, or answered 503.
	FailedOver uint64
	// Subscriptions and Publications of local users are alive now.
	Subscriptions, Publications int
	// Panics counts faults that were contained, Unheard events of legs whose call did not listen.
	Panics, Unheard uint64
	// Dialogs, ServerTransactions and ClientTransactions are alive now.
	Dialogs, ServerTransactions, ClientTransactions int
}

// Stats counts since the start.
func (a *Agent) Stats() Stats {
	servers, clients := a.transactions.Sizes()
	told, refused := a.presence.Stats(), a.admission.Stats()
	return Stats{
		Subscriptions:      told.Subscriptions,
		Publications:       told.Publications,
		Received:           a.stats.received.Load(),
		Malformed:          a.stats.malformed.Load(),
		Stray:              a.stats.stray.Load(),
		Challenged:         a.stats.challenged.Load(),
		Refused:            a.stats.refused.Load(),
		Unheard:            a.stats.unheard.Load(),
		Delivered:          a.stats.delivered.Load(),
		Proxied:            a.stats.proxied.Load(),
		BadRoutes:          a.stats.badRoutes.Load(),
		FailedOver:         a.failover.FailedOver(),
		Relayed:            a.relay.Passed(),
		Scanners:           refused.Scanners,
		Strangers:          refused.Strangers,
		CallsOnly:          refused.CallsOnly,
		BadTokens:          a.identity.BadTokens(),
		Panics:             a.stats.panics.Load(),
		Dialogs:            a.dialogs.size(),
		ServerTransactions: servers,
		ClientTransactions: clients,
	}
}
