package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

func (s *setup) dial(p *peer) bridge.Leg {
	offer := pcmu()
	return s.agent.Gateway().Dial(bridge.Request{
		From: bridge.Party{Name: "Alice", URI: "sip:alice@local.example"}, To: "sip:bob@" + p.remote.String(), Offer: &offer,
		Headers: []bridge.Header{
			{Name: "X-Custom", Value: "yes"}, {Name: "Proxy-Authorization", Value: "Digest secret"},
		},
		MaxForwards: 12,
	})
}

func TestOutgoingCallAnsweredAndHungUp(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	if string(invite.Body()) != "ours sendrecv" || invite.MaxForwards().Val() != 12 {
		t.Errorf("INVITE %s", invite)
	}
	if invite.GetHeader("X-Custom") == nil || invite.GetHeader("Proxy-Authorization") != nil {
		t.Errorf("headers: %s", invite)
	}
	p.respond(invite, 100, "", "")
	p.respond(invite, 180, "bobtag", "")
	if ringing := event[bridge.Ringing](t, leg); ringing.Early != nil {
		t.Errorf("early %v", ringing.Early)
	}
	p.respond(invite, 183, "bobtag", "sdp")
	if ringing := event[bridge.Ringing](t, leg); ringing.Early == nil {
		t.Error("no early media")
	}
	p.respond(invite, 200, "bobtag", "sdp")
	ack := p.request(sip.ACK)
	if ack.CSeq().SeqNo != invite.CSeq().SeqNo || ack.Recipient.User != "peer" {
		t.Errorf("ACK %s", ack)
	}
	event[bridge.Answered](t, leg)
	p.respond(invite, 200, "bobtag", "sdp") // a repeated 200 is acknowledged again
	p.request(sip.ACK)
	p.respond(invite, 200, "othertag", "sdp") // one of another fork is released
	p.request(sip.ACK)
	p.respond(p.request(sip.BYE), 200, "", "")
	leg.Hangup(bridge.Normal())
	bye := p.request(sip.BYE)
	if bye.CSeq().SeqNo <= invite.CSeq().SeqNo {
		t.Errorf("BYE has CSeq %d after INVITE %d", bye.CSeq().SeqNo, invite.CSeq().SeqNo)
	}
	p.respond(bye, 200, "", "")
	event[bridge.Ended](t, leg)
}

func TestChallengeOfAStrangerDoesNotReachTheCaller(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	p.respond(p.request(sip.INVITE), 407, "t", "", `Proxy-Authenticate: Digest realm="x", nonce="y"`)
	p.request(sip.ACK)
	ended := event[bridge.Ended](t, leg)
	if ended.Cause.Status != 403 || len(ended.Cause.Headers) != 0 {
		t.Errorf("cause %+v", ended.Cause)
	}
}

func TestOutgoingCallGivenUpBeforeAnythingCame(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	leg.Hangup(bridge.Cause{Status: 487})
	p.respond(invite, 100, "", "") // only now may a CANCEL follow
	cancel := p.request(sip.CANCEL)
	if cancel.Via().Value() != invite.Via().Value() {
		t.Error("the CANCEL has another Via than its INVITE")
	}
	p.respond(cancel, 200, "", "")
	p.respond(invite, 487, "t", "")
	p.request(sip.ACK)
	event[bridge.Ended](t, leg)
}

func TestAnswerThatCrossesCancelIsReleased(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	p.respond(invite, 180, "bobtag", "")
	event[bridge.Ringing](t, leg)
	leg.Hangup(bridge.Cause{Status: 487})
	p.request(sip.CANCEL)
	p.respond(invite, 200, "bobtag", "sdp")
	p.request(sip.ACK)
	p.respond(p.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
}

func TestHoldFromTheBridgeRetriesAfterGlare(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	p.respond(invite, 200, "bobtag", "sdp")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	leg.SetDirection(bridge.SendOnly)
	reinvite := p.request(sip.INVITE)
	if string(reinvite.Body()) != "ours sendonly" {
		t.Errorf("offer %q", reinvite.Body())
	}
	p.respond(reinvite, 491, "", "")
	p.request(sip.ACK)
	again := p.request(sip.INVITE)
	p.respond(again, 200, "", "sdp recvonly")
	p.request(sip.ACK)
	leg.SetDirection(bridge.SendOnly) // nothing new: no re-INVITE
	leg.Hangup(bridge.Normal())
	p.respond(p.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
}

func TestAnswerWithoutSDPEndsTheCall(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	p.respond(p.request(sip.INVITE), 200, "bobtag", "")
	p.request(sip.ACK)
	p.respond(p.request(sip.BYE), 200, "", "")
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 488 {
		t.Errorf("cause %+v", ended.Cause)
	}
}

// The INVITE goes to the server that was chosen, whatever address the callee's URI names; so does what follows it,
// until a Contact says otherwise.
func TestInviteGoesToTheServerNotToItsURI(t *testing.T) {
	s := newSetup(t)
	p, stranger := s.peer("UDP", "192.0.2.20:5080"), s.peer("UDP", "192.0.2.20:5060")
	leg := s.agent.dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:bob@192.0.2.20",
	}, dialTarget{
		requestURI: sip.Uri{Scheme: "sip", User: "bob", Host: "192.0.2.20"}, flow: p, transport: "UDP", trusted: true,
	})
	invite := p.request(sip.INVITE)
	p.respond(invite, 180, "bobtag", "")
	event[bridge.Ringing](t, leg)
	leg.Hangup(bridge.Cause{Status: 487})
	p.respond(p.request(sip.CANCEL), 200, "", "")
	p.respond(invite, 487, "bobtag", "")
	p.request(sip.ACK)
	event[bridge.Ended](t, leg)
	stranger.quiet()
}
