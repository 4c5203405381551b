package sipua

import "sync/atomic"

// counters are what the agent counts.
type counters struct {
	received, malformed, stray, panics, challenged, relayed atomic.Uint64
}

// Stats is a snapshot of the agent.
type Stats struct {
	// Received counts SIP messages; Malformed those refused by the parser; Stray those that matched nothing.
	Received, Malformed, Stray uint64
	// Challenged counts 401 and 407 answers, Relayed requests passed to an upstream server.
	Challenged, Relayed uint64
	// Panics counts faults that were contained.
	Panics uint64
	// Dialogs, ServerTransactions and ClientTransactions are alive now.
	Dialogs, ServerTransactions, ClientTransactions int
}

// Stats counts since the start.
func (a *Agent) Stats() Stats {
	servers, clients := a.transactions.sizes()
	return Stats{
		Received:           a.stats.received.Load(),
		Malformed:          a.stats.malformed.Load(),
		Stray:              a.stats.stray.Load(),
		Challenged:         a.stats.challenged.Load(),
		Relayed:            a.stats.relayed.Load(),
		Panics:             a.stats.panics.Load(),
		Dialogs:            a.dialogs.size(),
		ServerTransactions: servers,
		ClientTransactions: clients,
	}
}
