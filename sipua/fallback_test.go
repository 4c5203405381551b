package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// TestPhoneWithoutProtection: a callee that refuses protected media gets another INVITE, once, if there may be other
// media, and the call goes on with that.
func TestPhoneWithoutProtection(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dial(p)
	media := <-s.media
	media.mu.Lock()
	media.protected = true
	media.mu.Unlock()
	first := p.request(sip.INVITE)
	p.respond(first, 488, "phone", "")
	p.request(sip.ACK)
	second := p.request(sip.INVITE)
	if second.CSeq().SeqNo != first.CSeq().SeqNo+1 || second.CallID().Value() != first.CallID().Value() ||
		len(second.GetHeaders("Content-Type")) != 1 || len(second.GetHeaders("Content-Length")) != 1 {
		t.Errorf("INVITE %s", second)
	}
	p.respond(second, 200, "phone", "sdp")
	if ack := p.request(sip.ACK); ack.CSeq().SeqNo != second.CSeq().SeqNo {
		t.Errorf("ACK %s", ack)
	}
	event[bridge.Answered](t, leg)
	leg.Hangup(bridge.Normal())
	p.respond(p.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

// TestPhoneRefusesProtectedStream: a callee that takes the call and refuses the stream of protected media (port 0) is
// offered media in clear by a re-INVITE, once, where there may be others; the call is answered when that is.
func TestPhoneRefusesProtectedStream(t *testing.T) {
	for name, test := range map[string]struct {
		protected bool
		statuses  []int // of the re-INVITEs
		answer    string
		ended     int // the status with which the call fails; 0 if it goes on
	}{
		"taken":            {true, []int{200}, "sdp", 0},
		"glare, taken":     {true, []int{491, 200}, "sdp", 0},
		"refused":          {true, []int{488}, "", 488},
		"refused again":    {true, []int{200}, "bad", 488},
		"must be, or none": {false, nil, "", 488},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, shortClock)
			p := s.peer("TCP", "192.0.2.20:5060")
			leg := s.dial(p)
			media := <-s.media
			media.mu.Lock()
			media.protected = test.protected
			media.mu.Unlock()
			invite := p.request(sip.INVITE)
			p.respond(invite, 200, "phone", "bad")
			p.request(sip.ACK)
			for _, status := range test.statuses {
				again := p.request(sip.INVITE)
				if tag, _ := again.To().Params.Get("tag"); tag != "phone" || again.CSeq().SeqNo <= invite.CSeq().SeqNo {
					t.Errorf("re-INVITE %s", again)
				}
				p.respond(again, status, "", test.answer)
				p.request(sip.ACK)
			}
			if test.ended == 0 {
				event[bridge.Answered](t, leg)
				leg.Hangup(bridge.Normal())
			}
			p.respond(p.request(sip.BYE), 200, "", "")
			if ended := event[bridge.Ended](t, leg); test.ended != 0 && ended.Cause.Status != test.ended {
				t.Errorf("ended: %+v", ended.Cause)
			}
			s.settled()
		})
	}
}

// TestRefusedMedia: what is refused for another reason, or again, is the end.
func TestRefusedMedia(t *testing.T) {
	for name, statuses := range map[string][]int{
		"twice": {488, 606}, "by another status": {415, 488}, "busy": {486}, "not an offer of ours": {488},
	} {
		s := newSetup(t)
		p := s.peer("TCP", "192.0.2.20:5060")
		leg := s.dial(p)
		media := <-s.media
		media.mu.Lock()
		media.protected = name != "not an offer of ours"
		media.mu.Unlock()
		for _, status := range statuses {
			p.respond(p.request(sip.INVITE), status, "phone", "")
			p.request(sip.ACK)
		}
		if ended := event[bridge.Ended](t, leg); ended.Cause.Status != statuses[len(statuses)-1] {
			t.Errorf("%s: %+v", name, ended.Cause)
		}
		s.settled()
	}
}

// TestOfferThatHasNoSecond: to a caller that offers nothing our offer leaves the choice, as there can be no other one.
func TestOfferThatHasNoSecond(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	p.say("", script.lines("INVITE", "1")...)
	media := within(t, s.media, "media")
	leg := within(t, s.incoming, "call")
	leg.Answer(pcmu())
	ok := p.status(200)
	script.to = ok.To().Value()
	p.say("sdp", script.lines("ACK", "1")...)
	event[bridge.Accepted](t, leg)
	s.hungUp(leg, p)
	media.mu.Lock()
	defer media.mu.Unlock()
	if len(media.log) < 2 || media.log[0] != "besteffort" || media.log[1] != "offer" {
		t.Errorf("the media did %q", media.log)
	}
}
