package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// dialled brings a call to a phone up; the phone takes sdp.
func (s *setup) dialled(p *peer, sdp string) bridge.Leg {
	s.t.Helper()
	leg := s.dial(p)
	p.respond(p.request(sip.INVITE), 200, "bobtag", sdp)
	p.request(sip.ACK)
	event[bridge.Answered](s.t, leg)
	return leg
}

// hungUp ends a call from our side and waits until nothing is left of it.
func (s *setup) hungUp(leg bridge.Leg, p *peer) {
	s.t.Helper()
	leg.Hangup(bridge.Normal())
	p.respond(p.request(sip.BYE), 200, "", "")
	event[bridge.Ended](s.t, leg)
	s.settled()
}

func audioFormat(t *testing.T, d bridge.Description) transcode.Format {
	t.Helper()
	audio, ok := d.First(transcode.Audio)
	if !ok {
		t.Fatalf("no audio in %+v", d)
	}
	return audio.Formats[0]
}

func TestAnswerToOurHoldThatChangesTheCodecIsTold(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dialled(p, "sdp")
	leg.SetDirection(bridge.SendOnly)
	p.respond(p.request(sip.INVITE), 200, "", "sdp recvonly opus")
	p.request(sip.ACK)
	accepted := event[bridge.Accepted](t, leg)
	if format := audioFormat(t, accepted.Answer); !format.Equal(opusAt(111).Codec) {
		t.Errorf("the call hears of %v", format)
	}
	leg.SetDirection(bridge.SendRecv) // the same codec again: nothing to tell
	reinvite := p.request(sip.INVITE)
	p.respond(reinvite, 200, "", "sdp opus")
	p.request(sip.ACK)
	p.respond(reinvite, 200, "", "sdp") // a repeated 200, whatever it says, is only acknowledged
	p.request(sip.ACK)
	silent(t, leg)
	s.hungUp(leg, p)
}

func TestReofferWithAnotherPayloadTypeIsTold(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	script := newScript(p)
	p.say("sdp opus", script.lines("INVITE", "1")...)
	leg := within(t, s.incoming, "call")
	leg.Answer(withFormat(opusAt(111)))
	script.to = p.status(200).To().Value()
	p.say("", script.lines("ACK", "1")...)
	p.say("sdp opus112 sendonly", script.lines("INVITE", "2")...)
	p.status(200)
	p.say("", script.lines("ACK", "2")...)
	if changed := event[bridge.DirectionChanged](t, leg); changed.Direction != bridge.SendOnly {
		t.Errorf("direction %v", changed.Direction)
	}
	accepted := event[bridge.Accepted](t, leg)
	if format := audioFormat(t, accepted.Answer); format.PayloadType != 112 {
		t.Errorf("payload type %d", format.PayloadType)
	}
	if direction := directionOf(accepted.Answer); direction != bridge.SendOnly {
		t.Errorf("the party is said to do %v", direction)
	}
}

func TestHoldAnsweredAtOnceTellsResumeLater(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dialled(p, "sdp sendonly") // picked up and held at once
	script := scriptOf(p, p.last(sip.ACK))
	p.say("sdp", script.lines("INVITE", "1")...)
	p.status(200)
	p.say("", script.lines("ACK", "1")...)
	if changed := event[bridge.DirectionChanged](t, leg); changed.Direction != bridge.SendRecv {
		t.Errorf("direction %v", changed.Direction)
	}
}

func TestOfferlessInviteIsAnsweredByOurOffer(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	p.say("", script.lines("INVITE", "1")...)
	leg := within(t, s.incoming, "call")
	if leg.Request().Offer != nil {
		t.Error("an offer came from nowhere")
	}
	leg.Answer(pcmu())
	ok := p.status(200)
	if string(ok.Body()) != "ours sendrecv" {
		t.Errorf("offer %q", ok.Body())
	}
	script.to = ok.To().Value()
	p.say("sdp opus", script.lines("ACK", "1")...)
	event[bridge.Accepted](t, leg)
	s.hungUp(leg, p)
}

func TestAckWithoutAnAnswerEndsTheCall(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	p.say("", script.lines("INVITE", "1")...)
	leg := within(t, s.incoming, "call")
	leg.Answer(pcmu())
	script.to = p.status(200).To().Value()
	p.say("", script.lines("ACK", "1")...)
	p.respond(p.request(sip.BYE), 200, "", "")
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 488 {
		t.Errorf("cause %+v", ended.Cause)
	}
	s.settled()
}

func TestOfferlessReinviteTakesOnlyItsOwnAck(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("", script.lines("INVITE", "2")...)
	if ok := p.status(200); string(ok.Body()) != "ours sendrecv" {
		t.Errorf("offer %q", ok.Body())
	}
	p.say("", script.lines("ACK", "1")...) // one of the first INVITE, late
	p.say("sdp sendonly opus", script.lines("ACK", "2")...)
	if accepted := event[bridge.Accepted](t, leg); directionOf(accepted.Answer) != bridge.SendOnly {
		t.Errorf("answer %+v", accepted.Answer)
	}
	p.say("sdp opus", script.lines("INVITE", "3")...) // resume
	p.status(200)
	p.say("", script.lines("ACK", "3")...)
	event[bridge.DirectionChanged](t, leg)
	s.hungUp(leg, p)
}

func TestOfferlessCallAnswersInTheAck(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.agent.Gateway().Dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:bob@" + p.remote.String(),
	})
	invite := p.request(sip.INVITE)
	if len(invite.Body()) != 0 {
		t.Errorf("body %q", invite.Body())
	}
	p.respond(invite, 200, "bobtag", "sdp")
	event[bridge.Answered](t, leg)
	p.respond(invite, 200, "bobtag", "sdp") // repeated while the call makes up its mind: no ACK yet
	leg.Accept(pcmu())
	if ack := p.request(sip.ACK); string(ack.Body()) != "ours sendrecv" {
		t.Errorf("ACK %q", ack.Body())
	}
	p.respond(invite, 200, "bobtag", "sdp")
	if ack := p.request(sip.ACK); string(ack.Body()) != "ours sendrecv" {
		t.Errorf("repeated ACK %q", ack.Body())
	}
	s.hungUp(leg, p)
}

func TestOfferOfTheCallIsToldWhatBecameOfIt(t *testing.T) {
	tests := map[string]struct {
		status int
		sdp    string
		want   bridge.Event
	}{
		"accepted":  {200, "sdp opus", bridge.Accepted{}},
		"refused":   {488, "", bridge.Refused{}},
		"no answer": {200, "", bridge.Refused{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.20:5060")
			leg := s.dialled(p, "sdp")
			leg.Offer(withFormat(opusAt(111)))
			p.respond(p.request(sip.INVITE), test.status, "", test.sdp)
			p.request(sip.ACK)
			if _, accepts := test.want.(bridge.Accepted); accepts {
				event[bridge.Accepted](t, leg)
			} else {
				event[bridge.Refused](t, leg)
			}
			s.hungUp(leg, p)
		})
	}
}

func TestPartyOfferThatCannotBeReadLeavesTheCall(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("bad", script.lines("INVITE", "2")...)
	p.status(488)
	p.say("", script.lines("ACK", "2")...)
	silent(t, leg)
	s.hungUp(leg, p)
}

func TestOfferThatWaitsKeepsTheNewestDirection(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dialled(p, "sdp")
	leg.SetDirection(bridge.SendOnly)
	hold := p.request(sip.INVITE)
	leg.Offer(withFormat(opusAt(111)))
	leg.Offer(withFormat(opusAt(112))) // takes the place of the first
	if refused := event[bridge.Refused](t, leg); refused.Cause.Status != 491 {
		t.Errorf("cause %+v", refused.Cause)
	}
	leg.SetDirection(bridge.Inactive)
	p.respond(hold, 200, "", "sdp recvonly")
	p.request(sip.ACK)
	offer := p.request(sip.INVITE)
	if string(offer.Body()) != "ours inactive" {
		t.Errorf("offer %q", offer.Body())
	}
	p.respond(offer, 200, "", "sdp opus112 inactive")
	p.request(sip.ACK)
	event[bridge.Accepted](t, leg)
	s.hungUp(leg, p)
}
