package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

// aside is a call of two browsers that passes through us, and has begun.
type aside struct {
	alice, bob *script
	route      string
}

func passedCall(s *setup) aside {
	s.t.Helper()
	bob := bobRegisters(s, "192.0.2.20:5070")
	alice := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@local.example", "sip:bob@local.example")
	alice.pass("INVITE", "1", webrtcOffer)
	invite := bob.request(sip.INVITE)
	route := "Route: " + invite.GetHeader("Record-Route").Value()
	bob.respond(invite, 200, "b", "the answer", "Record-"+route)
	alice.to = alice.p.status(200).To().Value()
	alice.requestURI = "sip:peer@192.0.2.20:5070"
	alice.branch++
	alice.pass("ACK", "1", "", route)
	bob.request(sip.ACK)
	return aside{alice: alice, route: route, bob: &script{
		p: bob, callID: alice.callID, from: alice.to, to: alice.from, requestURI: "sip:alice@x.invalid;transport=ws",
	}}
}

// hangUp ends the call from alice's side.
func (a aside) hangUp(s *setup) {
	s.t.Helper()
	a.alice.pass("BYE", "9", "", a.route)
	a.bob.p.respond(a.bob.p.request(sip.BYE), 200, "", "")
	a.alice.p.status(200)
	s.settled()
}

// TestCancelOfAReinvitePassesThrough from either party, once there is a provisional response, and so does what becomes
// of the re-INVITE (RFC 3261 section 16.10).
func TestCancelOfAReinvitePassesThrough(t *testing.T) {
	const reason = `SIP;cause=200;text="changed my mind"`
	for name, test := range map[string]struct {
		byCallee, early bool // CANCEL by the callee; before any response
		final           int
	}{
		"by the caller":               {false, false, 487},
		"by the callee":               {true, false, 487},
		"before a response":           {false, true, 487},
		"too late":                    {false, false, 200},
		"before a response, too late": {true, true, 200},
	} {
		t.Run(name, func(t *testing.T) {
			s := newProxy(t)
			call := passedCall(s)
			from, to := call.alice, call.bob.p
			if test.byCallee {
				from, to = call.bob, call.alice.p
			}
			from.pass("INVITE", "2", "another offer", call.route)
			reinvite := to.request(sip.INVITE)
			if !test.early {
				to.respond(reinvite, 180, "", "")
				from.p.status(180)
			}
			from.pass("CANCEL", "2", "", call.route, "Reason: "+reason)
			from.p.status(200)
			if test.early {
				to.quiet() // a CANCEL waits for a provisional response
				to.respond(reinvite, 180, "", "")
			}
			passed := to.request(sip.CANCEL)
			if passed.Via().Value() != reinvite.Via().Value() || passed.CSeq().SeqNo != reinvite.CSeq().SeqNo ||
				message.Value(passed, "Reason") != reason {
				t.Errorf("sent %s for %s", passed, reinvite)
			}
			to.respond(passed, 200, "", "")
			to.respond(reinvite, test.final, "", "")
			if test.early {
				from.p.status(180)
			}
			from.p.status(test.final)
			if test.final == 200 {
				from.branch++
			}
			from.pass("ACK", "2", "", call.route)
			to.request(sip.ACK)
			to.quiet()
			call.hangUp(s)
		})
	}
}

// TestCancelOfAReinviteAfterItsAnswer changes nothing.
func TestCancelOfAReinviteAfterItsAnswer(t *testing.T) {
	s := newProxy(t)
	call := passedCall(s)
	call.alice.pass("INVITE", "2", "another offer", call.route)
	call.bob.p.respond(call.bob.p.request(sip.INVITE), 488, "", "")
	call.bob.p.request(sip.ACK)
	call.alice.p.status(488)
	call.alice.pass("CANCEL", "2", "", call.route)
	call.alice.p.status(200)
	call.alice.pass("ACK", "2", "", call.route)
	call.bob.p.quiet()
	call.hangUp(s)
}

// TestCancelOfAReinviteUnheard: a party that never confirms is not waited for (RFC 3261 section 9.1).
func TestCancelOfAReinviteUnheard(t *testing.T) {
	timers := make(chan func(), 8)
	s := newProxy(t, handOver(transaction.Timeout, timers))
	call := passedCall(s)
	call.alice.pass("INVITE", "2", "another offer", call.route)
	call.bob.p.respond(call.bob.p.request(sip.INVITE), 180, "", "")
	call.alice.p.status(180)
	call.alice.pass("CANCEL", "2", "", call.route)
	call.alice.p.status(200)
	call.bob.p.respond(call.bob.p.request(sip.CANCEL), 200, "", "")
	within(t, timers, "end of patience")()
	call.alice.p.status(487)
	call.alice.pass("ACK", "2", "", call.route)
	call.hangUp(s)
}
