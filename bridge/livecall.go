package bridge

import (
	"cmp"
	"slices"
)

// LiveCall is a running call as Exchange.Calls shows it.
type LiveCall struct {
	// CallRecord is what is known so far; the media counts are those of the last event, not of now.
	CallRecord
	// State is "dialling", "ringing" or "answered".
	State string
}

// Calls shows all running calls, the oldest first.
func (x *Exchange) Calls() []LiveCall {
	x.mu.Lock()
	live := make([]LiveCall, 0, len(x.calls))
	for c := range x.calls {
		live = append(live, *c.live.Load())
	}
	x.mu.Unlock()
	slices.SortFunc(live, func(a, b LiveCall) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
	return live
}

// publish shows the call to others.
func (c *call) publish() {
	c.noteLegs()
	c.live.Store(&LiveCall{CallRecord: c.record, State: c.state.String()})
	if c.state == stateAnswered {
		c.enterDialogs()
	}
}

// enterDialogs lets the dialogs of both legs be replaced. It is done before a party can know that
// it has one.
func (c *call) enterDialogs() {
	for _, side := range [2]*side{&c.caller, &c.callee} {
		if dialog := side.info().Dialog; dialog != side.dialog {
			c.exchange.enter(c, side.dialog, dialog)
			side.dialog = dialog
		}
	}
}
