package sipua

import (
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/dialog"
	"sipbridge/sipua/transport"
)

// TestNameOfAUsersPhone leads to another port of the phone, but to nobody else's address.
func TestNameOfAUsersPhone(t *testing.T) {
	const phonePlace, movedPort = "192.0.2.9:5070", "192.0.2.9:5090"
	for server, want := range map[string]string{movedPort: movedPort, movedPlace: phonePlace} {
		t.Run(server, func(t *testing.T) {
			known := &names{servers: map[string][]string{"phone.example": {"UDP " + server}}}
			s := newSetup(t, known.use)
			phone := s.registered("bob", "UDP", phonePlace)
			peers := map[string]*peer{
				phonePlace: phone, movedPort: s.peer("UDP", movedPort), movedPlace: s.peer("UDP", movedPlace),
			}
			devices, _ := s.agent.Lookup("bob", "local.example")
			offer := pcmu()
			leg := devices[0].Endpoint.Dial(bridge.Request{
				From: bridge.Party{URI: "sip:alice@local.example"}, To: devices[0].URI, Offer: &offer,
			})
			phone.answerAs(phone.request(sip.INVITE), "bobtag", "sip:bob@phone.example")
			phone.request(sip.ACK) // at once
			event[bridge.Answered](t, leg)
			eventually(t, "the name is not looked up", func() bool { return hasFoundItsHop(t, leg) })
			next := peers[want]
			leg.Hangup(bridge.Normal())
			next.respond(next.request(sip.BYE), 200, "", "")
			event[bridge.Ended](t, leg)
			s.settled()
			for _, other := range peers {
				other.quiet()
			}
		})
	}
}

// TestNamesOfPhonesAreFew: each user has some, strangers none, servers as many as they like.
func TestNamesOfPhonesAreFew(t *testing.T) {
	s := newSetup(t)
	of := func(user string, trusted bool) *leg {
		return &leg{agent: s.agent, trusted: trusted, info: bridge.LegInfo{User: user}}
	}
	for range namesAtOnce {
		if !of("alice@local.example", false).mayLookUp() || !of("", true).mayLookUp() {
			t.Fatal("not looked up")
		}
	}
	for user, want := range map[string]bool{"alice@local.example": false, "bob@local.example": true, "": false} {
		if got := of(user, false).mayLookUp(); got != want {
			t.Errorf("a name of %q is looked up: %v", user, got)
		}
	}
	if !of("", true).mayLookUp() {
		t.Error("a server's name is not looked up")
	}
}

// TestNameIsForWhenTheConnectionEnds: a party is spoken to on its connection as long as that lives.
func TestNameIsForWhenTheConnectionEnds(t *testing.T) {
	known := movedName()
	s := newSetup(t, known.use)
	p, moved := s.peer("TCP", upstreamAddress), s.peer("UDP", movedPlace)
	script := newScript(p)
	leg := s.answered(script)
	script.refreshed("2", "sip:alice@moved.example")
	leg.SendDTMF(bridge.DTMF{Digit: '1'})
	p.respond(p.request(sip.INFO), 200, "", "")
	if known.looked() != 0 {
		t.Error("looked up for nothing")
	}
	p.Close()
	eventually(t, "nothing is looked up", func() bool { return known.looked() == 1 })
	leg.Hangup(bridge.Normal())
	moved.respond(moved.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

// TestPartyMaySpeakFromWhereItsNameLeads, though its Contact is an address.
func TestPartyMaySpeakFromWhereItsNameLeads(t *testing.T) {
	s := newSetup(t, movedName().use)
	p, moved := s.peer("UDP", partyPlace), s.peer("UDP", movedPlace)
	leg := s.dial(p)
	p.answerAs(p.request(sip.INVITE), "bobtag", "sip:peer@"+otherPlace, "Record-Route: <sip:moved.example;lr>")
	script := scriptOf(moved, moved.request(sip.ACK))
	event[bridge.Answered](t, leg)
	stranger := s.peer("UDP", "192.0.2.77:5060")
	script.p = stranger
	stranger.say("", script.lines("BYE", "1")...)
	stranger.status(403)
	script.p = moved
	moved.say("", script.lines("BYE", "1")...)
	moved.status(200)
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestSecureDialogStaysSecure(t *testing.T) {
	d := &dialog.Dialog{}
	s := newSetup(t)
	l := &leg{agent: s.agent, trusted: true, flow: s.peer("TLS", partyPlace), dialog: d}
	d.Hop().Found([]transport.Target{
		{Transport: "TCP", Address: netip.MustParseAddrPort(movedPlace)},
		{Transport: "TLS", Address: netip.MustParseAddrPort(otherPlace)},
	})
	if found := l.foundTargets(d); len(found) != 1 || found[0].Transport != "TLS" {
		t.Errorf("from TLS it may go to %v", found)
	}
}
