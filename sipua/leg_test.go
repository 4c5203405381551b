package sipua

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// invite sends an INVITE and gives the leg that the exchange would get.
func (s *setup) invite(script *script, extra ...string) bridge.Incoming {
	s.t.Helper()
	script.p.say("sdp", script.lines("INVITE", "1", extra...)...)
	return within(s.t, s.incoming, "incoming call")
}

// answered brings an incoming call up and gives the 200.
func (s *setup) answered(script *script) bridge.Incoming {
	s.t.Helper()
	leg := s.invite(script)
	leg.Answer(pcmu())
	ok := script.p.status(200)
	script.to = ok.To().Value()
	script.p.say("", script.lines("ACK", "1")...)
	return leg
}

func TestIncomingCallIsAnsweredAndHungUpByCaller(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script, "User-to-User: 56a390f3;encoding=hex", "X-Custom: yes",
		"P-Asserted-Identity: <sip:boss@out.example>")
	asked := leg.Request()
	if asked.From.Name != "Alice" || asked.From.URI != "sip:alice@out.example" || asked.To != "sip:bob@out.example" {
		t.Errorf("request %+v", asked)
	}
	if len(asked.Headers) != 2 || asked.Headers[0].Name != "User-to-User" || asked.Headers[1].Name != "X-Custom" {
		t.Errorf("headers that cross: %+v", asked.Headers)
	}
	leg.Ring(nil)
	p.status(180)
	early := pcmu()
	leg.Ring(&early)
	progress := p.status(183)
	leg.Answer(pcmu())
	ok := p.status(200)
	if string(ok.Body()) != string(progress.Body()) || len(ok.Body()) == 0 {
		t.Errorf("SDP in 200 %q differs from 183 %q", ok.Body(), progress.Body())
	}
	script.to = ok.To().Value()
	p.say("", script.lines("ACK", "1")...)
	p.say("", script.lines("BYE", "2", `Reason: SIP ;cause=408; text="RTP Timeout"`)...)
	p.status(200)
	ended := event[bridge.Ended](t, leg)
	if ended.Cause.Status != 408 || ended.Cause.Text != "RTP Timeout" {
		t.Errorf("cause %+v", ended.Cause)
	}
}

func TestUnansweredCallIsCanceled(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script)
	leg.Ring(nil)
	p.status(180)
	p.say("", script.lines("CANCEL", "1")...)
	if response := p.status(200); response.CSeq().MethodName != sip.CANCEL {
		t.Errorf("the 200 is for %s", response.CSeq().MethodName)
	}
	p.status(487)
	p.say("", script.lines("ACK", "1")...)
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 487 {
		t.Errorf("cause %+v", ended.Cause)
	}
}

func TestCancelAfterAnswerLoses(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script)
	leg.Answer(pcmu())
	ok := p.status(200)
	p.say("", script.lines("CANCEL", "1")...)
	p.status(200)
	script.to = ok.To().Value()
	p.say("", script.lines("ACK", "1")...)
	p.say("", script.lines("BYE", "2")...)
	if response := p.status(200); response.CSeq().MethodName != sip.BYE {
		t.Errorf("got a 200 for %s", response.CSeq().MethodName)
	}
	event[bridge.Ended](t, leg)
}

func TestIncomingCallIsRefused(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	leg := s.invite(newScript(p))
	leg.Hangup(bridge.Cause{Status: 407, Headers: []bridge.Header{{Name: "Proxy-Authenticate", Value: "Digest x=y"}}})
	response := p.status(407)
	if header := response.GetHeader("Proxy-Authenticate"); header == nil || header.Value() != "Digest x=y" {
		t.Errorf("challenge lost: %v", header)
	}
	event[bridge.Ended](t, leg)
}

func TestUnusableOfferIsRefusedWithoutACall(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	p.say("bad", script.lines("INVITE", "1")...)
	p.status(488)
	if len(s.incoming) != 0 {
		t.Error("a call was made of it")
	}
}

func TestUnacknowledgedAnswerIsRepeated(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	leg := s.invite(newScript(p))
	leg.Answer(pcmu())
	first := p.status(200)
	if second := p.status(200); string(second.Body()) != string(first.Body()) {
		t.Error("the repeated 200 differs")
	}
}

// TestACKOfAnotherNumber: the ACK has the number of its INVITE. But to an INVITE with 0, which JsSIP draws once in ten
// thousand calls, it has any.
func TestACKOfAnotherNumber(t *testing.T) {
	for _, test := range []struct {
		invite, ack string
		taken       bool
	}{
		{"1", "1", true},
		{"1", "5433", false},
		{"0", "0", true},
		{"0", "5433", true},
	} {
		t.Run(test.invite+" and "+test.ack, func(t *testing.T) {
			s := newSetup(t)
			script := newScript(s.peer("WS", "192.0.2.9:5070"))
			script.p.say("sdp", script.lines("INVITE", test.invite)...)
			leg := within(t, s.incoming, "incoming call")
			leg.Answer(pcmu())
			script.to = script.p.status(200).To().Value()
			script.p.say("", script.lines("ACK", test.ack)...)
			if !test.taken {
				script.p.status(200) // is repeated
				return
			}
			script.p.say("", script.lines("REFER", "2")...)
			script.p.status(400) // 500 before an ACK
		})
	}
}

func TestHoldIsAnsweredHereAndTold(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("sdp sendonly", script.lines("INVITE", "2")...)
	if ok := p.status(200); string(ok.Body()) != "ours recvonly" {
		t.Errorf("answer %q", ok.Body())
	}
	p.say("", script.lines("ACK", "2")...)
	if changed := event[bridge.DirectionChanged](t, leg); changed.Direction != bridge.SendOnly {
		t.Errorf("direction %v", changed.Direction)
	}
	p.say("sdp", script.lines("UPDATE", "3")...)
	if ok := p.status(200); string(ok.Body()) != "ours sendrecv" {
		t.Errorf("answer %q", ok.Body())
	}
	if changed := event[bridge.DirectionChanged](t, leg); changed.Direction != bridge.SendRecv {
		t.Errorf("direction %v", changed.Direction)
	}
}

func TestSessionRefreshNeverCrosses(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("", script.lines("UPDATE", "2", "Session-Expires: 90;refresher=uac", "Supported: timer")...)
	if ok := p.status(200); ok.GetHeader("Session-Expires").Value() != "90;refresher=uac" {
		t.Errorf("session expires %v", ok.GetHeader("Session-Expires"))
	}
	p.say("sdp", script.lines("INVITE", "3")...)
	p.status(200)
	p.say("", script.lines("ACK", "3")...)
	p.say("", script.lines("BYE", "4")...)
	p.status(200)
	event[bridge.Ended](t, leg) // and nothing before it
}

func TestOtherCodecCrossesAndMayBeRefused(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("sdp opus", script.lines("INVITE", "2")...)
	event[bridge.Offered](t, leg)
	leg.Refuse(bridge.Cause{Status: 488})
	p.status(488)
	p.say("", script.lines("ACK", "2")...)
	p.say("sdp opus", script.lines("INVITE", "3")...)
	offered := event[bridge.Offered](t, leg)
	leg.Accept(offered.Offer)
	p.status(200)
	p.say("", script.lines("ACK", "3")...)
}

func TestDTMFByInfoBothWays(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	lines := script.lines("INFO", "2", "Content-Type: application/dtmf-relay", "Content-Length: 24")
	p.agent.Receive(p, []byte(strings.Join(lines, "\r\n")+"\r\n\r\nSignal=#\r\nDuration=160\r\n"))
	p.status(200)
	want := bridge.DTMF{Digit: '#', Duration: 160 * time.Millisecond}
	if pressed := event[bridge.Pressed](t, leg); pressed.Key != want {
		t.Errorf("key %+v", pressed.Key)
	}
	leg.SendDTMF(bridge.DTMF{Digit: '5', Duration: 120 * time.Millisecond})
	info := p.request(sip.INFO)
	if string(info.Body()) != "Signal=5\r\nDuration=120\r\n" {
		t.Errorf("INFO %q", info.Body())
	}
	p.respond(info, 200, "", "")
}

func TestMovedToAnotherConnectionOfTheSameUserOnly(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	s.agent.users.Set(p, "alice@local.example")
	script := newScript(p)
	script.from = "<sip:alice@local.example>;tag=alicetag"
	leg := s.answered(script)
	p.Close()
	s.agent.FlowClosed(p)

	stranger := s.peer("WS", "192.0.2.66:1111")
	s.agent.users.Set(stranger, "mallory@local.example")
	script.p = stranger
	stranger.say("", script.lines("BYE", "2")...)
	stranger.status(407)

	again := s.peer("WS", "192.0.2.10:2222")
	s.agent.users.Set(again, "alice@local.example")
	script.p = again
	again.say("sdp", script.lines("INVITE", "3")...)
	again.status(200)
	again.say("", script.lines("ACK", "3")...)
	leg.Hangup(bridge.Normal())
	again.respond(again.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
}

func TestBrowserIsParkedWhenMediaAreGone(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	leg := s.answered(newScript(p))
	media := within(t, s.media, "media session")
	media.events.Lost(bridge.Cause{Status: 408, Text: "media timeout"})
	event[bridge.Parked](t, leg)
	media.events.Back()
	event[bridge.Resumed](t, leg)
	media.events.Lost(bridge.Cause{Status: 408, Text: "media timeout"})
	event[bridge.Parked](t, leg)
	bye := p.request(sip.BYE)
	if reason := bye.GetHeader("Reason"); reason == nil || !strings.Contains(reason.Value(), "cause=408") {
		t.Errorf("reason %v", reason)
	}
	event[bridge.Ended](t, leg)
}

func TestPhoneWithoutMediaIsHungUp(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	leg := s.answered(newScript(p))
	within(t, s.media, "media session").events.Lost(bridge.Cause{Status: 408, Text: "media timeout"})
	p.respond(p.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
}

// TestPhoneIsLookedForAnew: media that do not find the phone any more want an offer, which says nothing else.
func TestPhoneIsLookedForAnew(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	leg := s.answered(newScript(p))
	media := within(t, s.media, "media session")
	for range 2 {
		media.events.Reoffer()
		reinvite := p.request(sip.INVITE)
		p.respond(reinvite, 200, "sdp", "")
		if ack := p.request(sip.ACK); ack.CSeq().SeqNo != reinvite.CSeq().SeqNo {
			t.Errorf("acknowledged %v", ack.CSeq())
		}
	}
	leg.Hangup(bridge.Normal())
	p.respond(p.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
	media.events.Reoffer() // too late
}
