package sipua

import (
	"fmt"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

func TestOfferAgainstOurs(t *testing.T) {
	for _, method := range []string{"INVITE", "UPDATE"} {
		t.Run(method, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.20:5060")
			leg := s.dialled(p, "sdp")
			leg.SetDirection(bridge.SendOnly)
			reinvite := p.request(sip.INVITE)
			script := scriptOf(p, reinvite)
			p.say("sdp sendonly", script.lines(method, "1")...)
			p.status(491)
			if method == "INVITE" {
				p.say("", script.lines("ACK", "1")...)
			}
			p.respond(reinvite, 200, "", "sdp recvonly")
			p.request(sip.ACK)
			p.say("sdp sendonly", script.lines(method, "2")...) // tried again
			if ok := p.status(200); string(ok.Body()) != "ours inactive" {
				t.Errorf("answer %q", ok.Body())
			}
			if method == "INVITE" {
				p.say("", script.lines("ACK", "2")...)
			}
			event[bridge.DirectionChanged](t, leg)
			s.hungUp(leg, p)
		})
	}
}

func TestSecondOfferWhileTheFirstIsOpen(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("sdp opus", script.lines("INVITE", "2")...)
	offered := event[bridge.Offered](t, leg)
	p.say("sdp sendonly", script.lines("UPDATE", "3")...)
	if again := p.status(500).GetHeader("Retry-After"); again == nil {
		t.Error("nothing is said about when to try again")
	}
	leg.Accept(offered.Offer)
	if ok := p.status(200); ok.CSeq().SeqNo != 2 {
		t.Errorf("the 200 is for %v", ok.CSeq())
	}
	p.say("", script.lines("ACK", "2")...)
	s.hungUp(leg, p)
}

func TestOurOfferWaitsForTheirs(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("sdp opus", script.lines("INVITE", "2")...)
	event[bridge.Offered](t, leg)
	leg.SetDirection(bridge.SendOnly)
	leg.Refuse(bridge.Cause{Status: 488})
	p.status(488)
	p.say("", script.lines("ACK", "2")...)
	reinvite := p.request(sip.INVITE)
	if string(reinvite.Body()) != "ours sendonly" {
		t.Errorf("offer %q", reinvite.Body())
	}
	p.respond(reinvite, 200, "", "sdp recvonly")
	p.request(sip.ACK)
	s.hungUp(leg, p)
}

func TestOfferThatTheCallForgets(t *testing.T) {
	timers := make(chan func(), 1)
	s := newSetup(t, handOver(offerPatience, timers))
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("sdp opus", script.lines("INVITE", "2")...)
	event[bridge.Offered](t, leg)
	within(t, timers, "timer")()
	p.status(488)
	p.say("", script.lines("ACK", "2")...)
	leg.Accept(pcmu()) // too late
	s.hungUp(leg, p)
}

func TestGlareWithoutEndIsGivenUp(t *testing.T) {
	s := newSetup(t, shortClock)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dialled(p, "sdp")
	leg.Offer(withFormat(opusAt(111)))
	for range maxTries + 1 {
		p.respond(p.request(sip.INVITE), 491, "", "")
		p.request(sip.ACK)
	}
	if refused := event[bridge.Refused](t, leg); refused.Cause.Status != 491 {
		t.Errorf("cause %+v", refused.Cause)
	}
	s.hungUp(leg, p)
}

func TestReinviteToADialogThatIsGoneEndsTheCall(t *testing.T) {
	for _, status := range []int{481, 408} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.20:5060")
			leg := s.dialled(p, "sdp")
			leg.SetDirection(bridge.SendOnly)
			p.respond(p.request(sip.INVITE), status, "", "")
			p.request(sip.ACK)
			p.respond(p.request(sip.BYE), 481, "", "")
			if ended := event[bridge.Ended](t, leg); ended.Cause.Status != status {
				t.Errorf("cause %+v", ended.Cause)
			}
			s.settled()
		})
	}
}

func TestRefusedHoldLeavesTheCall(t *testing.T) {
	for _, status := range []int{488, 407, 500, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.20:5060")
			leg := s.dialled(p, "sdp")
			leg.SetDirection(bridge.SendOnly)
			reinvite := p.request(sip.INVITE)
			p.respond(reinvite, status, "", "", `Proxy-Authenticate: Digest realm="local.example", nonce="n"`)
			p.request(sip.ACK)
			s.hungUp(leg, p) // and nothing with credentials came
		})
	}
}

func TestOfferBeforeTheAnswer(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script)
	leg.Ring(nil)
	script.to = p.status(180).To().Value()
	for i, method := range []string{"UPDATE", "INVITE"} {
		p.say("sdp sendonly", script.lines(method, fmt.Sprint(2+i))...)
		if again := p.status(500).GetHeader("Retry-After"); again == nil {
			t.Errorf("%s: nothing is said about when to try again", method)
		}
	}
	silent(t, leg)
}

func TestReinviteThatIsCanceled(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("sdp opus", script.lines("INVITE", "2")...)
	event[bridge.Offered](t, leg)
	p.say("", script.lines("CANCEL", "2")...)
	statuses := map[int]bool{p.final().StatusCode: true, p.final().StatusCode: true}
	if !statuses[200] || !statuses[487] {
		t.Errorf("answers %v", statuses)
	}
	p.say("", script.lines("ACK", "2")...)
	if format := audioFormat(t, event[bridge.Accepted](t, leg).Answer); format.Name != "PCMU" {
		t.Errorf("the call is told %v", format)
	}
	leg.Accept(withFormat(opusAt(111))) // too late
	p.say("sdp sendonly", script.lines("INVITE", "3")...)
	p.status(200)
	p.say("", script.lines("ACK", "3")...)
	p.say("", script.lines("CANCEL", "3")...) // too late
	p.status(200)
	event[bridge.DirectionChanged](t, leg)
	s.hungUp(leg, p)
}
