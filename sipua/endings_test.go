package sipua

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

func TestAnswerNeverAcknowledgedEndsTheCall(t *testing.T) {
	s := newSetup(t, shortClock)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script)
	media := within(t, s.media, "media session")
	leg.Answer(pcmu())
	for count := 1; ; count++ {
		switch message := p.next().(type) {
		case *sip.Response:
			if message.StatusCode != 100 && message.StatusCode != 200 {
				t.Fatalf("got %d", message.StatusCode)
			}
			continue
		case *sip.Request:
			if message.Method != sip.BYE || count < 5 {
				t.Fatalf("got %s after %d messages", message.Method, count)
			}
			p.respond(message, 200, "", "")
		}
		break
	}
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 408 {
		t.Errorf("cause %+v", ended.Cause)
	}
	s.settled()
	if !media.isClosed() {
		t.Error("the media are still open")
	}
}

func TestHangupWaitsForTheAck(t *testing.T) {
	t.Run("that comes", func(t *testing.T) {
		s := newSetup(t)
		p := s.peer("TCP", "192.0.2.9:5070")
		script := newScript(p)
		leg := s.invite(script)
		leg.Answer(pcmu())
		leg.Hangup(bridge.Normal())
		script.to = p.status(200).To().Value()
		p.quiet()
		p.say("", script.lines("ACK", "1")...)
		p.respond(p.request(sip.BYE), 200, "", "")
		event[bridge.Ended](t, leg)
		s.settled()
	})
	t.Run("that is lost", func(t *testing.T) {
		s := newSetup(t, shortClock)
		p := s.peer("TCP", "192.0.2.9:5070")
		leg := s.invite(newScript(p))
		leg.Answer(pcmu())
		leg.Hangup(bridge.Normal())
		p.respond(p.untilBye(), 200, "", "")
		event[bridge.Ended](t, leg)
		s.settled()
	})
}

// untilBye waits for a BYE, passing over all else.
func (p *peer) untilBye() *sip.Request {
	p.t.Helper()
	for {
		if request, ok := p.next().(*sip.Request); ok && request.Method == sip.BYE {
			return request
		}
	}
}

func TestByeBeforeTheAckIsTaken(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script)
	leg.Answer(pcmu())
	script.to = p.status(200).To().Value()
	p.say("", script.lines("BYE", "2")...)
	p.status(200)
	event[bridge.Ended](t, leg)
	p.say("", script.lines("ACK", "1")...) // late
	s.settled()
}

func TestByeInAnEarlyDialogEndsTheInvite(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script)
	leg.Ring(nil)
	script.to = p.status(180).To().Value()
	p.say("", script.lines("BYE", "2")...)
	statuses := map[int]bool{p.final().StatusCode: true, p.final().StatusCode: true}
	if !statuses[200] || !statuses[487] {
		t.Errorf("answers %v", statuses)
	}
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestByeAgainstAnOpenReinvite(t *testing.T) {
	t.Run("of theirs", func(t *testing.T) {
		s := newSetup(t)
		p := s.peer("TCP", "192.0.2.9:5070")
		script := newScript(p)
		leg := s.answered(script)
		p.say("sdp opus", script.lines("INVITE", "2")...)
		event[bridge.Offered](t, leg)
		p.say("", script.lines("BYE", "3")...)
		statuses := map[int]bool{p.final().StatusCode: true, p.final().StatusCode: true}
		if !statuses[200] || !statuses[487] {
			t.Errorf("answers %v", statuses)
		}
		event[bridge.Ended](t, leg)
		leg.Accept(pcmu()) // the call did not know yet
		s.settled()
		p.quiet()
	})
	t.Run("of ours", func(t *testing.T) {
		s := newSetup(t)
		p := s.peer("TCP", "192.0.2.20:5060")
		leg := s.dialled(p, "sdp")
		leg.SetDirection(bridge.SendOnly)
		reinvite := p.request(sip.INVITE)
		script := scriptOf(p, reinvite)
		p.say("", script.lines("BYE", "1")...)
		p.status(200)
		event[bridge.Ended](t, leg)
		p.respond(reinvite, 487, "", "")
		p.request(sip.ACK)
		s.settled()
	})
}

func TestByesThatCross(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dialled(p, "sdp")
	script := scriptOf(p, p.last(sip.ACK))
	leg.Hangup(bridge.Normal())
	ours := p.request(sip.BYE)
	p.say("", script.lines("BYE", "1")...)
	p.final() // 481 or 200, but an answer
	p.respond(ours, 481, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestPrackOfNothingAndUnknownMethods(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	s.answered(script)
	p.say("", script.lines("PRACK", "2", "RAck: 1 1 INVITE")...)
	p.status(481)
	for i, method := range []string{"PUBLISH", "FOO"} {
		p.say("", script.lines(method, fmt.Sprint(3+i))...)
		if allow := p.status(405).GetHeader("Allow"); allow == nil || allow.Value() != allowedMethods {
			t.Errorf("%s: Allow %v", method, allow)
		}
	}
}

func TestInDialogRequestMustBeInOrderAndUnderstood(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("sdp", script.lines("INVITE", "5", "Require: some")...)
	if unsupported := p.status(420).GetHeader("Unsupported"); unsupported == nil || unsupported.Value() != "some" {
		t.Errorf("unsupported %v", unsupported)
	}
	p.say("", script.lines("ACK", "5")...)
	p.say("", script.lines("BYE", "4")...)
	p.status(500)
	p.say("", script.lines("OPTIONS", "5")...) // the number again, in another transaction
	p.status(200)
	other := *script
	other.from = strings.Replace(script.from, "alicetag", "guessed", 1)
	other.branch = 50
	p.say("", other.lines("BYE", "9")...)
	p.status(481)
	silent(t, leg)
}

func TestCalleeThatOnlyRingsLeavesNoTransaction(t *testing.T) {
	s := newSetup(t, fastClock)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	p.respond(invite, 180, "bobtag", "")
	event[bridge.Ringing](t, leg)
	leg.Hangup(bridge.Cause{Status: 487})
	p.respond(p.request(sip.CANCEL), 200, "", "") // and never a 487
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestReinviteThatIsNeverAnswered(t *testing.T) {
	timers := make(chan timer, 64)
	s := newSetup(t, watchTimers(timers))
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dialled(p, "sdp")
	leg.SetDirection(bridge.SendOnly)
	p.respond(p.request(sip.INVITE), 100, "", "")
	timerOf(t, timers, proposalPatience).work()
	p.respond(p.request(sip.CANCEL), 200, "", "") // and no 487
	timerOf(t, timers, cancelPatience).work()
	leg.SetDirection(bridge.RecvOnly) // works again once the first is given up
	again := p.request(sip.INVITE)
	if string(again.Body()) != "ours recvonly" {
		t.Errorf("offer %q", again.Body())
	}
	p.respond(again, 200, "", "sdp sendonly")
	p.request(sip.ACK)
	s.hungUp(leg, p)
}

func TestForksThatAnswerTooAreReleasedOnce(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	s.dialled(p, "sdp")
	invite := p.last(sip.INVITE)
	for i := range 3 * maxForks {
		for range 2 { // each repeats its answer
			p.respond(invite, 200, fmt.Sprint("fork", i), "sdp")
		}
	}
	const losers = maxForks - 1
	acks, byes := 0, 0
	for acks < 2*losers || byes < losers {
		request, _ := p.next().(*sip.Request)
		if request.Method == sip.ACK {
			acks++
			continue
		}
		byes++
		p.respond(request, 200, "", "")
	}
	eventually(t, "BYEs are left", func() bool { _, clients := s.open(); return clients == 0 })
	p.quiet()
}

func TestPhoneHearsThatTheCallWasAnsweredElsewhere(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	p.respond(invite, 180, "bobtag", "")
	event[bridge.Ringing](t, leg)
	leg.Hangup(bridge.CompletedElsewhere())
	cancel := p.request(sip.CANCEL)
	want := `SIP;cause=200;text="Call completed elsewhere"`
	if reason := cancel.GetHeader("Reason"); reason == nil || reason.Value() != want {
		t.Errorf("reason %v", reason)
	}
	p.respond(cancel, 200, "", "")
	p.respond(invite, 487, "bobtag", "")
	p.request(sip.ACK)
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestCallThatDoesNotListenHarmsNobody(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	media := within(t, s.media, "media session")
	for range 2 * eventQueue {
		media.events.Pressed(bridge.DTMF{Digit: '1'})
	}
	eventually(t, "no event was dropped", func() bool { return s.agent.Stats().Unheard == eventQueue })
	p.say("sdp sendonly", script.lines("INVITE", "2")...)
	p.status(200) // answered, but the call cannot be told
	p.respond(p.untilBye(), 200, "", "")
	var last bridge.Event
	for event := range leg.Events() {
		last = event
	}
	ended, ok := last.(bridge.Ended)
	if !ok || !errors.Is(ended.Cause, errUnheard) {
		t.Errorf("the last event is %#v", last)
	}
	s.settled()
}

func TestAgentThatCloses(t *testing.T) {
	s := newSetup(t)
	up, setup := s.peer("TCP", "192.0.2.20:5060"), s.peer("TCP", "192.0.2.9:5070")
	ringing := s.peer("TCP", "192.0.2.21:5060")
	running := s.dialled(up, "sdp")
	incoming := s.invite(newScript(setup))
	dialled := s.dial(ringing)
	ringing.respond(ringing.request(sip.INVITE), 180, "bobtag", "")
	event[bridge.Ringing](t, dialled)
	s.close()
	up.request(sip.BYE)
	setup.status(503)
	ringing.request(sip.CANCEL)
	for _, leg := range []bridge.Leg{running, incoming, dialled} {
		event[bridge.Ended](t, leg)
	}
	late := s.dial(ringing)
	if ended := event[bridge.Ended](t, late); ended.Cause.Status != 503 {
		t.Errorf("a call placed after that: %+v", ended.Cause)
	}
	setup.say("sdp", plain(setup, "INVITE", "sip:x@out.example")...)
}
