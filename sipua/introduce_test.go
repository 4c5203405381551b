package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/trunk"
)

const takesUpdate = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"

// introduce tells a leg who its other party is.
func introduce(t *testing.T, leg bridge.Leg, name, uri string, proved bool) {
	t.Helper()
	introduced, ok := leg.(bridge.Introduced)
	if !ok {
		t.Fatal("the leg cannot tell")
	}
	introduced.Introduce(bridge.ConnectedIdentity{Party: bridge.Party{Name: name, URI: uri}, Proved: proved})
}

// mustTell expects an UPDATE without SDP that says who the other party is, in both ways.
func mustTell(t *testing.T, p *peer, remote, asserted string) *sip.Request {
	t.Helper()
	update := p.request(sip.UPDATE)
	if got := message.Value(update, "Remote-Party-ID"); got != remote {
		t.Errorf("Remote-Party-ID %s, want %s", got, remote)
	}
	if got := message.Value(update, "P-Asserted-Identity"); got != asserted {
		t.Errorf("P-Asserted-Identity %s, want %s", got, asserted)
	}
	if len(update.Body()) != 0 || message.Contact(update) == nil || update.GetHeader("Privacy") != nil {
		t.Errorf("it is told %s", update)
	}
	return update
}

// TestWhoIsToldWhoTookOver: pages and phones of our users that take UPDATE are told who the other party has become, and
// nobody else. Only users of ours are told who has proved to be that.
func TestWhoIsToldWhoTookOver(t *testing.T) {
	const (
		carol = `"Carol \"C\"" <sip:carol@local.example>`
		said  = carol + ";party=called;screen=yes;privacy=off"
	)
	for name, test := range map[string]struct {
		transport, remote, user string
		headers                 []string
		told, asserted          string
	}{
		"page":                        {"WS", "192.0.2.9:5070", "", []string{takesUpdate}, said, ""},
		"page that says nothing":      {"WS", "192.0.2.9:5070", "", nil, said, ""},
		"page of a user":              {"WSS", "192.0.2.9:5070", "alice", nil, said, carol},
		"page that takes no such":     {"WS", "192.0.2.9:5070", "alice", []string{"Allow: INVITE, ACK, BYE, CANCEL"}, "", ""},
		"phone":                       {"TCP", "192.0.2.9:5070", "alice", []string{takesUpdate}, said, carol},
		"phone over TLS":              {"TLS", "192.0.2.9:5070", "alice", []string{takesUpdate}, said, carol},
		"phone that says nothing":     {"TCP", "192.0.2.9:5070", "alice", nil, "", ""},
		"phone that takes no such":    {"TCP", "192.0.2.9:5070", "alice", []string{"Allow: INVITE, ACK, BYE"}, "", ""},
		"phone of somebody else":      {"TCP", "192.0.2.9:5070", "", []string{takesUpdate}, "", ""},
		"server that we use":          {"UDP", upstreamAddress, "", []string{takesUpdate}, "", ""},
		"trunk that hears identities": {"UDP", carrierAddress, "", []string{takesUpdate}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, withTrunk(t, func(o *trunk.Options) { o.Trusted, o.Identity = true, trunk.IdentityAsserted }))
			p := s.peer(test.transport, test.remote)
			script := newScript(p)
			if test.user != "" {
				s.agent.users.Set(p, test.user+"@local.example")
				script.from = "<sip:" + test.user + "@local.example>;tag=alicetag"
			}
			leg := s.invite(script, test.headers...)
			leg.Answer(pcmu())
			script.to = p.status(200).To().Value()
			p.say("", script.lines("ACK", "1")...)
			for range 2 { // as at the answer, which the ACK may overtake
				introduce(t, leg, "", "sip:bob@out.example", false)
			}
			introduce(t, leg, `Carol "C"`, "sip:carol@local.example;x=y", true)
			if test.told != "" {
				p.respond(mustTell(t, p, test.told, test.asserted), 200, "", "")
			}
			p.quiet()
			p.say("", script.lines("BYE", "2")...)
			p.status(200)
			s.settled()
		})
	}
}

// deskPhone is a phone of bob that was called by Alice and has answered with these headers.
func deskPhone(s *setup, headers ...string) (bridge.Leg, *peer) {
	s.t.Helper()
	p := s.registered("bob", "TCP", "192.0.2.20:5070")
	targets, _ := s.agent.Lookup("bob", "local.example")
	offer := pcmu()
	leg := targets[0].Endpoint.Dial(bridge.Request{
		From: bridge.Party{Name: "Alice", URI: "sip:alice@local.example"}, To: "sip:bob@local.example", Offer: &offer,
	})
	p.respond(p.request(sip.INVITE), 200, "bobtag", "sdp", headers...)
	p.request(sip.ACK)
	event[bridge.Answered](s.t, leg)
	return leg, p
}

// TestFromChanges for a phone that takes that (RFC 4916), and then in all requests; for another one it stays.
func TestFromChanges(t *testing.T) {
	for supported, from := range map[string]string{
		"timer, from-change": `"Carol \"C\"" <sip:carol@local.example>`,
		"timer":              `"Alice" <sip:alice@local.example>`,
	} {
		t.Run(supported, func(t *testing.T) {
			s := newSetup(t)
			leg, p := deskPhone(s, takesUpdate, "Supported: "+supported, "Session-Expires: 600;refresher=uas")
			introduce(t, leg, "Alice", "sip:alice@local.example", true) // whom it knows
			introduce(t, leg, `Carol \"C\"`, "sip:carol@local.example", true)
			update := mustTell(t, p, `"Carol \"C\"" <sip:carol@local.example>;party=calling;screen=yes;privacy=off`,
				`"Carol \"C\"" <sip:carol@local.example>`)
			if got := sessionValue(update); got != "600;refresher=uas" {
				t.Errorf("Session-Expires %q: the session timer would end", got)
			}
			p.say("", "SIP/2.0 200 OK", "Via: "+update.Via().Value(), "From: "+update.From().Value(),
				"To: "+update.To().Value(), "Call-ID: "+update.CallID().Value(), "CSeq: "+update.CSeq().Value(),
				"Contact: <sip:bob@192.0.2.20:5070;moved>", "Session-Expires: 600;refresher=uas")
			leg.Hangup(bridge.Normal())
			bye := p.request(sip.BYE)
			for _, request := range []*sip.Request{update, bye} {
				tag, _ := request.From().Params.Get("tag")
				if got := request.From().Value(); got != from+";tag="+tag {
					t.Errorf("%s from %s, want %s", request.Method, got, from)
				}
			}
			if bye.Recipient.String() != "sip:bob@192.0.2.20:5070;moved" {
				t.Errorf("BYE to %s: the 200 to an UPDATE names another target", bye.Recipient.String())
			}
			p.respond(bye, 200, "", "")
			s.settled()
		})
	}
}

// TestHiddenPartyIsNotNamed to whom it was connected.
func TestHiddenPartyIsNotNamed(t *testing.T) {
	s := newSetup(t)
	leg, p := deskPhone(s, takesUpdate, "Supported: from-change")
	introduce(t, leg, "Anonymous", "sip:anonymous@anonymous.invalid", false)
	update := mustTell(t, p,
		`"Anonymous" <sip:anonymous@anonymous.invalid>;party=calling;screen=no;privacy=full`, "")
	p.respond(update, 200, "", "")
	s.hungUp(leg, p)
}

// TestCalleeThatHides says so in its answer (RFC 3323 section 4.2).
func TestCalleeThatHides(t *testing.T) {
	for privacy, want := range map[string]bool{"Privacy: id": true, "Privacy: none": false} {
		s := newSetup(t)
		leg, p := deskPhone(s, privacy)
		if got := leg.Info().Private; got != want {
			t.Errorf("%s: hidden %v", privacy, got)
		}
		s.hungUp(leg, p)
	}
}

// TestIntroductionWaits for offers of either side and for the one before it; the newest alone is told.
func TestIntroductionWaits(t *testing.T) {
	s := newSetup(t, shortClock)
	leg, p := deskPhone(s, takesUpdate)
	leg.SetDirection(bridge.SendOnly)
	reinvite := p.request(sip.INVITE)
	introduce(t, leg, "", "sip:carol@out.example", false)
	introduce(t, leg, "", "sip:dave@out.example", false)
	p.respond(reinvite, 200, "", "sdp recvonly")
	p.request(sip.ACK)
	const dave = "<sip:dave@out.example>;party=calling;screen=no;privacy=off"
	update := mustTell(t, p, dave, "")
	introduce(t, leg, "", "sip:erin@out.example", false)
	p.respond(update, 200, "", "")
	const erin = "<sip:erin@out.example>;party=calling;screen=no;privacy=off"
	p.respond(mustTell(t, p, erin, ""), 491, "", "")
	p.respond(mustTell(t, p, erin, ""), 500, "", "", "Retry-After: 1")
	update = mustTell(t, p, erin, "")

	script := scriptOf(p, update)
	p.say("sdp opus", script.lines("INVITE", "1")...)
	offered := event[bridge.Offered](t, leg)
	p.respond(update, 200, "", "")
	introduce(t, leg, "", "sip:dave@out.example", false)
	leg.Accept(offered.Offer)
	p.status(200)
	p.say("", script.lines("ACK", "1")...)
	event[bridge.DirectionChanged](t, leg)
	p.respond(mustTell(t, p, dave, ""), 422, "", "", "Min-SE: 10") // of which there is no talk: that is a no
	s.hungUp(leg, p)
}

// TestPhoneThatRefusesUpdate keeps its call, and is not asked again.
func TestPhoneThatRefusesUpdate(t *testing.T) {
	for _, status := range []int{405, 501} {
		s := newSetup(t)
		leg, p := deskPhone(s, takesUpdate)
		introduce(t, leg, "", "sip:carol@out.example", false)
		update := p.request(sip.UPDATE)
		introduce(t, leg, "", "sip:dave@out.example", false)
		p.respond(update, status, "", "")
		introduce(t, leg, "", "sip:erin@out.example", false)
		s.hungUp(leg, p)
	}
}
