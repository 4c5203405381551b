package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/sessiontimer"
)

// timedLeg is a leg as its session timer sees it.
type timedLeg struct{ leg *leg }

var _ sessiontimer.Leg = timedLeg{}

// HasBrowser tells of a party whose media say that it is gone.
func (t timedLeg) HasBrowser() bool { return comesBack(t.leg.flow) }

// After runs work in the leg's goroutine.
func (t timedLeg) After(delay time.Duration, work func()) *time.Timer {
	return t.leg.after(delay, work)
}

// Refresh makes an offer that changes nothing.
func (t timedLeg) Refresh() { t.leg.refresh() }

// Expire ends the call.
func (t timedLeg) Expire() { t.leg.fail(bridge.Cause{Status: 408, Text: "Session expired"}) }

// agreeSession answers the session interval of an INVITE or UPDATE in its 200.
func (l *leg) agreeSession(request *sip.Request, response *sip.Response) {
	first := l.invite != nil && request == l.invite.Request
	l.session.Agree(request, response, first)
}
