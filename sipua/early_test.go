package sipua

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

// inDialogOf is a script of the called party in the dialog that its response with this tag made.
func inDialogOf(p *peer, invite *sip.Request, tag string) *script {
	script := scriptOf(p, invite)
	script.from += ";tag=" + tag
	script.branch = len(tag) // of its own
	return script
}

func reliably(sequence int) []string {
	return []string{"Require: 100rel", fmt.Sprint("RSeq: ", sequence)}
}

// pracked awaits the PRACK of a provisional response and answers it.
func (p *peer) pracked(invite *sip.Request, sequence int) *sip.Request {
	p.t.Helper()
	prack := p.request(sip.PRACK)
	want := fmt.Sprintf("%d %d INVITE", sequence, invite.CSeq().SeqNo)
	if rack := prack.GetHeader("RAck"); rack == nil || rack.Value() != want {
		p.t.Errorf("RAck %v, want %s", rack, want)
	}
	p.respond(prack, 200, "", "")
	return prack
}

func TestReliableProvisionalIsAcknowledgedOnce(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	if !message.HasOption(invite, "Supported", option100rel) || !message.HasOption(invite, "Allow", "PRACK") {
		t.Errorf("INVITE %s", invite)
	}
	p.respond(invite, 180, "bobtag", "", reliably(7)...)
	first := p.pracked(invite, 7)
	if tag, _ := first.To().Params.Get("tag"); tag != "bobtag" || first.Recipient.User != "peer" {
		t.Errorf("PRACK %s", first)
	}
	event[bridge.Ringing](t, leg)
	p.respond(invite, 180, "bobtag", "", reliably(7)...)    // repeated
	p.respond(invite, 183, "bobtag", "sdp", reliably(9)...) // its turn has not come
	p.respond(invite, 183, "bobtag", "sdp", reliably(8)...)
	p.pracked(invite, 8)
	if ringing := event[bridge.Ringing](t, leg); ringing.Early == nil {
		t.Error("no early media")
	}
	p.respond(invite, 200, "bobtag", "") // the answer is known already
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	s.hungUp(leg, p)
	p.quiet()
}

func TestReliableAnswerStands(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	p.respond(invite, 183, "bobtag", "sdp", reliably(1)...)
	p.pracked(invite, 1)
	event[bridge.Ringing](t, leg)
	p.respond(invite, 200, "bobtag", "sdp opus") // not another answer (RFC 3261 section 13.2.1)
	p.request(sip.ACK)
	if format := audioFormat(t, event[bridge.Answered](t, leg).Answer); format.Name != "PCMU" {
		t.Errorf("the answer is %v", format)
	}
	s.hungUp(leg, p)
}

// TestKeysIntoEarlyMedia go to the branch that is heard, as events or else by INFO in its dialog, and nowhere before
// one is: who asks for keys before the answer gets them.
func TestKeysIntoEarlyMedia(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	media := within(t, s.media, "media")
	p.respond(invite, 180, "a", "")
	event[bridge.Ringing](t, leg)
	leg.SendDTMF(bridge.DTMF{Digit: '1', Duration: defaultKeyDuration}) // nobody hears it
	for _, tag := range []string{"a", "b"} {
		p.respond(invite, 183, tag, "sdp")
		event[bridge.Ringing](t, leg)
	}
	leg.SendDTMF(bridge.DTMF{Digit: '2', Duration: defaultKeyDuration})
	info := p.request(sip.INFO)
	if tag, _ := info.To().Params.Get("tag"); tag != "b" || !strings.Contains(string(info.Body()), "Signal=2\r\n") {
		t.Errorf("the key came as %s", info)
	}
	p.respond(info, 200, "", "")
	media.mu.Lock()
	media.takeDTMF = true
	media.mu.Unlock()
	leg.SendDTMF(bridge.DTMF{Digit: '3', Duration: defaultKeyDuration})
	p.respond(invite, 200, "b", "sdp")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	s.hungUp(leg, p)
	media.mu.Lock()
	defer media.mu.Unlock()
	if slices.Contains(media.log, "dtmf1") || !slices.Contains(media.log, "dtmf3") {
		t.Errorf("the media did %q", media.log)
	}
}

// TestBranchThatFails is forgotten, while the other one is heard and answers.
func TestBranchThatFails(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	if !message.HasOption(invite, "Supported", "199") {
		t.Errorf("INVITE %s", invite)
	}
	p.respond(invite, 183, "a", "sdp opus")
	event[bridge.Ringing](t, leg)
	p.respond(invite, 183, "b", "sdp")
	event[bridge.Ringing](t, leg)
	p.respond(invite, 199, "b", "", reliably(1)...)
	p.pracked(invite, 1)
	ringing := event[bridge.Ringing](t, leg)
	if ringing.Early == nil || audioFormat(t, *ringing.Early).Name != "opus" {
		t.Errorf("%+v is heard", ringing.Early)
	}
	p.say("", inDialogOf(p, invite, "b").lines("OPTIONS", "1")...)
	p.status(481)
	p.respond(invite, 199, "c", "") // of one that nobody has heard of
	silent(t, leg)
	p.respond(invite, 200, "a", "sdp opus")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	s.hungUp(leg, p)
}

func TestEachForkHasItsOwnDialog(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	for i, tag := range []string{"a", "bb", "ccc"} {
		p.respond(invite, 183, tag, "sdp", reliably(100*i+1)...)
		prack := p.pracked(invite, 100*i+1)
		if to, _ := prack.To().Params.Get("tag"); to != tag || prack.CSeq().SeqNo != invite.CSeq().SeqNo+1 {
			t.Errorf("PRACK %s", prack)
		}
		event[bridge.Ringing](t, leg)
	}
	p.say("", inDialogOf(p, invite, "bb").lines("OPTIONS", "1")...)
	p.status(200)
	p.say("", inDialogOf(p, invite, "dddd").lines("OPTIONS", "1")...)
	p.status(481)

	p.respond(invite, 200, "bb", "")
	if ack := p.request(sip.ACK); ack.To().Value() != `<sip:bob@192.0.2.20:5060>;tag=bb` {
		t.Errorf("ACK %s", ack)
	}
	event[bridge.Answered](t, leg)
	p.respond(invite, 200, "ccc", "")
	p.request(sip.ACK)
	bye := p.request(sip.BYE)
	if bye.CSeq().SeqNo != invite.CSeq().SeqNo+2 {
		t.Errorf("BYE of the fork %s", bye)
	}
	p.respond(bye, 200, "", "")
	p.respond(invite, 183, "a", "sdp opus") // late
	silent(t, leg)
	s.hungUp(leg, p)
}

func TestMediaOfTheForkThatAnswersWin(t *testing.T) {
	tests := map[string]struct {
		options func(sequence int) []string
		body    string
	}{
		"with SDP in the 200":      {func(int) []string { return nil }, "sdp opus"},
		"without, told reliably":   {reliably, ""},
		"without, told unreliably": {func(int) []string { return nil }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.20:5060")
			leg := s.dial(p)
			invite := p.request(sip.INVITE)
			for i, sdp := range []string{"sdp opus", "sdp"} {
				p.respond(invite, 183, fmt.Sprint("fork", i), sdp, test.options(i+1)...)
				if test.options(1) != nil {
					p.pracked(invite, i+1)
				}
				event[bridge.Ringing](t, leg)
			}
			p.respond(invite, 183, "fork0", "sdp opus") // repeated: the other goes on being heard
			if ringing := event[bridge.Ringing](t, leg); ringing.Early != nil {
				t.Error("a repeated response changed what is heard")
			}
			p.respond(invite, 200, "fork0", test.body)
			p.request(sip.ACK)
			if format := audioFormat(t, event[bridge.Answered](t, leg).Answer); format.Name != "opus" {
				t.Errorf("the call hears of %v", format)
			}
			s.hungUp(leg, p)
		})
	}
}

func TestWhatFollowsAResponseAtOnceFindsItsDialog(t *testing.T) {
	for range 50 {
		s := newSetup(t)
		p := s.peer("TCP", "192.0.2.20:5060")
		leg := s.dial(p)
		invite := p.request(sip.INVITE)
		script := inDialogOf(p, invite, "bobtag")
		p.respond(invite, 180, "bobtag", "")
		p.say("", script.lines("OPTIONS", "1")...)
		p.respond(invite, 200, "bobtag", "sdp")
		p.say("", script.lines("INFO", "2")...)
		p.status(200)
		p.request(sip.ACK)
		p.status(200)
		event[bridge.Ringing](t, leg)
		event[bridge.Answered](t, leg)
		s.hungUp(leg, p)
		s.close()
	}
}

func TestUpdateOfTheCalleeInAnEarlyDialog(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.20:5060")
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	script := inDialogOf(p, invite, "bobtag")
	p.respond(invite, 183, "bobtag", "sdp") // no answer yet, since it may be lost
	event[bridge.Ringing](t, leg)
	p.say("sdp sendonly", script.lines("UPDATE", "1")...)
	p.status(491)
	p.say("sdp", script.lines("INVITE", "2")...)
	p.status(491)
	p.say("", script.lines("UPDATE", "3")...)
	p.status(200)
	p.respond(invite, 183, "bobtag", "sdp recvonly", reliably(1)...)
	p.pracked(invite, 1)
	event[bridge.Ringing](t, leg)
	p.say("sdp sendonly", script.lines("UPDATE", "4")...)
	if ok := p.status(200); string(ok.Body()) != "ours recvonly" {
		t.Errorf("answer %q", ok.Body())
	}
	event[bridge.DirectionChanged](t, leg)
	p.say("", script.lines("BYE", "5")...) // not for a callee to send: the INVITE is still open
	p.status(200)
	silent(t, leg)
	p.respond(invite, 200, "bobtag", "sdp recvonly")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	s.hungUp(leg, p)
}

func TestEarlyMediaThatAreNotMeantToBeHeard(t *testing.T) {
	tests := map[string]struct {
		word  string
		heard bool
	}{
		"sendonly": {"sendonly", true}, "sendrecv": {"sendrecv, gated", true}, "supported": {"supported", true},
		"inactive": {"inactive", false}, "gated": {"Inactive ,gated", false}, "recvonly": {"recvonly", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("UDP", "192.0.2.20:5060")
			leg := s.dial(p)
			invite := p.request(sip.INVITE)
			p.respond(invite, 183, "bobtag", "sdp opus", "P-Early-Media: "+test.word)
			if ringing := event[bridge.Ringing](t, leg); (ringing.Early != nil) != test.heard {
				t.Errorf("early media: %v", ringing.Early)
			}
			p.respond(invite, 200, "bobtag", "") // they are what was agreed on, all the same
			p.request(sip.ACK)
			if format := audioFormat(t, event[bridge.Answered](t, leg).Answer); format.Name != "opus" {
				t.Errorf("the answer is %v", format)
			}
			s.hungUp(leg, p)
		})
	}
}
