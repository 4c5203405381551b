package sessiontimer

import (
	"cmp"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

const (
	// shortest is the shortest session interval that we take (RFC 4028 section 5).
	shortest = 90 * time.Second
	// usual holds where a party requires a session timer and names no interval.
	usual = 30 * time.Minute
	// grace is how long after its time a refresh may come.
	grace = 32 * time.Second
)

// Leg is the leg whose session is timed.
type Leg interface {
	// HasBrowser tells whether the party is a browser.
	HasBrowser() bool
	// After runs work in the leg's goroutine when the time has passed.
	After(delay time.Duration, work func()) *time.Timer
	// Refresh sends a re-INVITE, since SIP.js takes no UPDATE.
	Refresh()
	// Expire ends the call: nobody has refreshed it.
	Expire()
}

// Timer is the session timer of a leg.
type Timer struct {
	leg    Leg
	wanted time.Duration
	// interval is 0 while no timer runs.
	interval time.Duration
	// ours tells that we have to refresh.
	ours bool
	// next is for our next refresh, expiry for the end of a session that nobody has refreshed.
	next, expiry *time.Timer
}

// New makes the timer of a leg. wanted is the interval that phones are asked for; 0 asks for none.
func New(leg Leg, wanted time.Duration) *Timer { return &Timer{leg: leg, wanted: wanted} }

// Interval is what was agreed on, or is being asked for; 0 if there is no timer.
func (t *Timer) Interval() time.Duration { return t.interval }

// wantedHere is the interval that we want of a session with the party: of a phone only. 0 is none.
func (t *Timer) wantedHere() time.Duration {
	if t.leg.HasBrowser() {
		return 0
	}
	return t.wanted
}

// Ask asks for a session timer in our first INVITE.
func (t *Timer) Ask(invite *sip.Request) {
	interval := t.wantedHere()
	if interval == 0 {
		return
	}
	t.interval, t.ours = interval, true // until the party has chosen
	invite.AppendHeader(sip.NewHeader("Session-Expires", secondsOf(interval)))
}

// Agree answers the session interval of an INVITE or UPDATE in its 200; first says that it is the INVITE that made the
// call. A timer begins to run only where we want one or the party requires it; else a refresh is just confirmed, since
// JsSIP refreshes whatever we answer.
func (t *Timer) Agree(request *sip.Request, response *sip.Response, first bool) {
	asked, _ := parse(request)
	required := t.interval > 0 || t.wantedHere() > 0 || message.HasOption(request, "Require", "timer")
	if asked == nil && required {
		asked = &expires{interval: cmp.Or(t.interval, t.wantedHere(), usual)}
	}
	if asked == nil || !required && (first || asked.refresher == "uas") {
		return
	}
	if asked.refresher != "uac" && asked.refresher != "uas" {
		asked.refresher = t.refresherFor(request)
	}
	if knowsTimers(request) {
		response.AppendHeader(sip.NewHeader("Require", "timer"))
	}
	response.AppendHeader(asked.header())
	if required {
		t.run(asked.interval, asked.refresher == "uas")
	}
}

// refresherFor chooses who refreshes when a request does not say it: whoever did so before, else the party if it can
// (RFC 4028 section 9).
func (t *Timer) refresherFor(request *sip.Request) string {
	if t.interval > 0 && t.ours || !knowsTimers(request) {
		return "uas"
	}
	return "uac"
}

// Follow does what the 200 to an INVITE or UPDATE of ours says of the interval. Where it says nothing, a refresh was
// one all the same.
func (t *Timer) Follow(response *sip.Response) {
	switch told, ok := parse(response); {
	case ok && told != nil:
		t.run(told.interval, told.refresher != "uas")
	case t.interval > 0 && t.ours:
		t.run(t.interval, true)
	}
}

// Raise takes the interval that the party asks for at least, in a 422 to such a request. It reports false if that is no
// longer than what we offered (RFC 4028 section 7.4).
func (t *Timer) Raise(response *sip.Response) bool {
	header := response.GetHeader("Min-SE")
	if header == nil || t.interval == 0 {
		return false
	}
	least, _, ok := parseInterval(header.Value())
	if !ok || least <= t.interval {
		return false
	}
	t.interval = least
	return true
}

// Propose tells the party, in a re-INVITE or an UPDATE, who goes on refreshing.
func (t *Timer) Propose(invite *sip.Request) {
	if t.interval == 0 {
		return
	}
	told := expires{interval: t.interval, refresher: "uas"}
	if t.ours {
		told.refresher = "uac"
	}
	invite.AppendHeader(told.header())
}

// run begins the interval anew. One that is shorter than may be is kept to by us, since the party will, but the party
// itself is given what all have. A browser is not watched: its media decide how long it may be away.
func (t *Timer) run(told time.Duration, ours bool) {
	interval := max(told, shortest)
	t.Stop()
	t.interval, t.ours = interval, ours
	late := min(grace, interval/3)
	if ours {
		t.next = t.leg.After(max(told/2, transaction.T1), t.leg.Refresh)
		late = -late // a party that takes no refresh has not long to live (RFC 4028 section 10)
	}
	if !t.leg.HasBrowser() {
		t.expiry = t.leg.After(interval+late, t.leg.Expire)
	}
}

// RefreshRefused tries again, while the session lasts, after a refusal that does not end it.
func (t *Timer) RefreshRefused() {
	if t.interval == 0 || !t.ours {
		return
	}
	if t.next != nil {
		t.next.Stop()
	}
	t.next = t.leg.After(t.interval/16, t.leg.Refresh)
}

// Stop ends it; what was agreed on stays known.
func (t *Timer) Stop() {
	for _, timer := range []*time.Timer{t.next, t.expiry} {
		if timer != nil {
			timer.Stop()
		}
	}
	t.next, t.expiry = nil, nil
}
