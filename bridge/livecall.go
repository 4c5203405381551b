package bridge

import (
	"cmp"
	"slices"
)

// LiveCall is a running call as Exchange.Calls shows it.
type LiveCall struct {
	// CallRecord is what is known so far; the media are counted up to now.
	CallRecord
	// State is "dialling", "ringing" or "answered".
	State string
}

// snapshot is a LiveCall as of the call's last event, with what it takes to count the media up to now.
type snapshot struct {
	LiveCall

	caller, callee mediaCount
}

// now gives the call with its media counted.
func (s *snapshot) now() LiveCall {
	live := s.LiveCall
	live.CallerMedia, live.CalleeMedia = s.caller.now(), s.callee.now()
	return live
}

// Calls shows all running calls, the oldest first.
func (x *Exchange) Calls() []LiveCall {
	x.mu.Lock()
	snapshots := make([]*snapshot, 0, len(x.calls))
	for c := range x.calls {
		snapshots = append(snapshots, c.live.Load())
	}
	x.mu.Unlock()
	live := make([]LiveCall, len(snapshots))
	for i, snapshot := range snapshots {
		live[i] = snapshot.now()
	}
	slices.SortFunc(live, func(a, b LiveCall) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
	return live
}

// publish shows the call to others.
func (c *call) publish() {
	c.noteLegs()
	c.live.Store(&snapshot{
		LiveCall: LiveCall{CallRecord: c.record, State: c.state.String()},
		caller:   c.caller.count(), callee: c.callee.count(),
	})
	c.enterDialogs()
}

// enterDialogs lets the dialogs of both legs be replaced. It is done before a party can know that
// it has one that is confirmed.
func (c *call) enterDialogs() {
	c.enterEarly()
	for _, side := range [2]*side{&c.caller, &c.callee} {
		c.record.noteDialog(side.info().Dialog)
		if dialog := side.info().Dialog; dialog != side.dialog && dialog.RemoteTag != "" {
			c.exchange.enter(c, side.dialog, dialog)
			side.dialog = dialog
		}
	}
}
