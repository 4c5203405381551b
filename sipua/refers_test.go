package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// notice is a NOTIFY of a party that was asked by REFER.
func (s *script) notice(sequence, event, fragment string) {
	s.p.t.Helper()
	lines := s.lines("NOTIFY", sequence, "Event: "+event, "Subscription-State: active;expires=60",
		"Content-Type: message/sipfrag;version=2.0")
	s.p.sayAs(lines, fragment)
}

func TestPartyIsAskedToCallSomebodyElse(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.invite(script, "Allow: INVITE, BYE, refer")
	leg.Answer(pcmu())
	script.to = p.status(200).To().Value()
	script.p.say("", script.lines("ACK", "1")...)
	if !leg.Info().Refers {
		t.Error("it is not known that the party takes REFER")
	}
	script.notice("2", "refer", "SIP/2.0 200 OK")
	p.status(481) // nobody asked

	leg.Refer(bridge.Referral{Target: "sip:carol@out.example", ReferredBy: "<sip:bob@out.example>"})
	refer := p.request(sip.REFER)
	if to, by := refer.ReferTo(), refer.ReferredBy(); to == nil || by == nil ||
		to.Address.String() != "sip:carol@out.example" || by.Address.User != "bob" {
		t.Errorf("REFER to %v by %v", to, by)
	}
	p.respond(refer, 202, "", "")
	wantReferred(t, leg, 100)
	script.notice("3", "dialog", "SIP/2.0 200 OK")
	p.status(481)
	script.notice("4", "refer;id=1", "200 OK")
	p.status(400)
	script.notice("5", "refer;id=1", "SIP/2.0 180 Ringing\r\nContact: <sip:c@x>")
	p.status(200)
	wantReferred(t, leg, 180)
	script.notice("6", "refer", "SIP/2.0 200 OK")
	p.status(200)
	wantReferred(t, leg, 200)
	script.notice("7", "refer", "SIP/2.0 200 OK")
	p.status(481)

	leg.Refer(bridge.Referral{Target: "sip:carol@out.example"})
	p.respond(p.request(sip.REFER), 405, "", "")
	wantReferred(t, leg, 405)
	leg.Refer(bridge.Referral{Target: "sip:carol@out.example>\r\nX-Injected: <x"})
	wantReferred(t, leg, 400)
	s.hungUp(leg, p)
}

func wantReferred(t *testing.T, leg bridge.Leg, status int) {
	t.Helper()
	if got := event[bridge.Referred](t, leg).Cause.Status; got != status {
		t.Errorf("told %d, want %d", got, status)
	}
}

func TestPartyThatTakesNoRefer(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dialled(p, "sdp")
	if leg.Info().Refers {
		t.Error("it said nothing of REFER")
	}
	s.hungUp(leg, p)
}

func FuzzSipfrag(f *testing.F) {
	for _, seed := range []string{"SIP/2.0 200 OK", "SIP/2.0 180", "SIP/2.0 99 x", "200 OK", "SIP/2.0 \r\n", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		cause, ok := parseSipfrag(body)
		if ok && (cause.Status < 100 || cause.Status > 699) {
			t.Errorf("%q: %+v", body, cause)
		}
	})
}
