package sipua

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/proxy"
	"sipbridge/sipua/transaction"
)

// proxyClock hands the timers over that bound an INVITE that passes through: of ringing, and of what follows a CANCEL.
func proxyClock(ringing, canceled chan<- func()) func(*Options, *Agent) {
	return func(_ *Options, agent *Agent) {
		agent.after = func(delay time.Duration, work func()) *time.Timer {
			if delay == proxy.LongestRinging {
				ringing <- work
			}
			if delay == transaction.Timeout {
				canceled <- work
			}
			return time.AfterFunc(time.Hour, work)
		}
	}
}

// TestPassingCallRingsTooLong: it is canceled (RFC 3261 section 16.8), and given up if that changes nothing.
func TestPassingCallRingsTooLong(t *testing.T) {
	for name, test := range map[string]struct {
		crosses, answers bool // the caller cancels, too; the callee says 487
		want             int
	}{
		"canceled":         {false, true, 487},
		"given up":         {false, false, 408},
		"canceled by both": {true, true, 487},
		"and given up":     {true, false, 487},
	} {
		t.Run(name, func(t *testing.T) {
			ringing, canceled := make(chan func(), 8), make(chan func(), 8)
			s := newProxy(t, proxyClock(ringing, canceled))
			bob := bobRegisters(s, "192.0.2.20:5070")
			call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@local.example", "sip:bob@local.example")
			call.pass("INVITE", "1", webrtcOffer)
			invite := bob.request(sip.INVITE)
			within(t, ringing, "timer C")
			bob.respond(invite, 100, "", "")
			bob.respond(invite, 180, "b", "")
			call.p.status(180)
			within(t, ringing, "timer C of the 180, not of the 100")()
			cancel := bob.request(sip.CANCEL)
			if cancel.Via().Value() != invite.Via().Value() || len(ringing) > 0 {
				t.Errorf("sent %s for %s, %d timers are left", cancel, invite, len(ringing))
			}
			bob.respond(cancel, 200, "", "")
			if test.crosses {
				call.pass("CANCEL", "1", "")
				call.p.status(200)
				bob.quiet()
			}
			if test.answers {
				bob.respond(invite, 487, "b", "")
				bob.request(sip.ACK)
			}
			within(t, canceled, "end of patience")()
			call.p.status(test.want)
			call.pass("ACK", "1", "")
			if s.agent.proxies.Size() != 0 {
				t.Error("the dialog is kept")
			}
			s.settled()
		})
	}
}

// passingUnanswered is a call from Alice to Bob that nobody has answered yet, and that rings if so wanted.
func passingUnanswered(t *testing.T, rings bool) (s *setup, bob *peer, call *script, invite *sip.Request) {
	t.Helper()
	s = newProxy(t)
	bob = bobRegisters(s, "192.0.2.20:5070")
	call = passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@local.example", "sip:bob@local.example")
	call.pass("INVITE", "1", webrtcOffer)
	invite = bob.request(sip.INVITE)
	if rings {
		bob.respond(invite, 180, "b", "")
		call.p.status(180)
	}
	return s, bob, call, invite
}

// TestPassingCallWhoseCallerIsGone does not ring on, or not at all.
func TestPassingCallWhoseCallerIsGone(t *testing.T) {
	for _, rings := range []bool{true, false} {
		s, bob, call, invite := passingUnanswered(t, rings)
		call.p.Close()
		s.agent.FlowClosed(call.p)
		if !rings {
			bob.quiet() // a CANCEL waits for a provisional response
			bob.respond(invite, 180, "b", "")
		}
		bob.respond(bob.request(sip.CANCEL), 200, "", "")
		bob.respond(invite, 180, "b", "")
		bob.quiet()
		bob.respond(invite, 487, "b", "")
		bob.request(sip.ACK)
		s.settled()
	}
}

// TestPassingCallWhoseCalleeIsGone ends at once.
func TestPassingCallWhoseCalleeIsGone(t *testing.T) {
	for _, rings := range []bool{true, false} {
		s, bob, call, _ := passingUnanswered(t, rings)
		bob.Close()
		s.agent.FlowClosed(bob)
		call.p.status(480)
		call.pass("ACK", "1", "")
		s.settled()
	}
}

// TestPassingReinviteTakesTooLong: it is canceled, too, and the call goes on.
func TestPassingReinviteTakesTooLong(t *testing.T) {
	for _, final := range []int{487, 200, 504} { // 504 is ours, if the other party says nothing any more
		ringing, canceled := make(chan func(), 8), make(chan func(), 8)
		s := newProxy(t, proxyClock(ringing, canceled))
		call := passedCall(s)
		within(t, ringing, "timer C of the call")
		call.alice.pass("INVITE", "2", "another offer", call.route)
		reinvite := call.bob.p.request(sip.INVITE)
		within(t, ringing, "timer C")
		call.bob.p.respond(reinvite, 180, "", "")
		call.alice.p.status(180)
		within(t, ringing, "timer C anew")()
		call.bob.p.respond(call.bob.p.request(sip.CANCEL), 200, "", "")
		if final != 504 {
			call.bob.p.respond(reinvite, final, "", "")
		}
		within(t, canceled, "end of patience")()
		call.alice.p.status(final)
		if final == 200 {
			call.alice.branch++
		}
		call.alice.pass("ACK", "2", "", call.route)
		if final != 504 {
			call.bob.p.request(sip.ACK)
		}
		call.hangUp(s)
	}
}
