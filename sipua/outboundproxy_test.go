package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"
)

// A browser's outbound proxy is obeyed where it is a server of its domain, or we ourselves, and nowhere else.
func TestOutboundProxyOfABrowser(t *testing.T) {
	for route, status := range map[string]int{
		"<sip:192.0.2.50:5060;lr;sipml5-outbound;transport=udp>": 200,
		"<sip:192.0.2.50;lr;sipml5-outbound;transport=tcp>":      200,
		"<sip:192.0.2.1:5060;lr;sipml5-outbound>":                200,
		"<sip:local.example;lr;sipml5-outbound>":                 200,
		"<sip:10.0.0.1:25;lr;sipml5-outbound;transport=tcp>":     403,
		"<sip:192.0.2.50:5061;lr;sipml5-outbound>":               403,
		"<sip:169.254.169.254;lr;sipml5-outbound>":               403,
		"<sip:evil.example;lr;sipml5-outbound;maddr=192.0.2.50>": 403,
		"<sip:evil.example;lr>":                                  200, // passed over, as ever
	} {
		t.Run(route, func(t *testing.T) {
			s := newSetup(t)
			p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
			p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact, "Route: "+route)...)
			if status == 403 {
				p.status(403)
				if s.agent.Stats().BadRoutes != 1 {
					t.Error("not counted")
				}
				server.quiet()
				return
			}
			request := server.request(sip.REGISTER)
			if request.GetHeader("Route") != nil {
				t.Error("the Route went on")
			}
			server.respond(request, 200, "srv", "")
			p.status(200)
		})
	}
}

// TestOutboundProxyMayBeATrunk: the call goes by it as far as the dialing rules let its user, and what is no call stays
// here.
func TestOutboundProxyMayBeATrunk(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	p := s.registered("alice", "WS", "192.0.2.9:5070")
	for route, want := range map[string]string{
		"<sip:192.0.2.60;lr;sipml5-outbound;transport=tcp>": "carrier", "<sip:192.0.2.1;lr;sipml5-outbound>": "",
	} {
		call := passing(s, p, "alice@local.example", "sip:+49301@local.example")
		call.callID = route
		call.branch = len(route)
		p.say("sdp", call.lines("INVITE", "1", "Route: "+route)...)
		if asked := s.nextAsked(); asked.NextTrunk != want {
			t.Errorf("by %s the call is to go by trunk %q", route, asked.NextTrunk)
		}
		p.status(480)
		p.say("", call.lines("ACK", "1")...)
	}
	p.sayRaw("hello", localOf(p, "alice", "MESSAGE", "sip:bob@local.example", 7,
		"Route: <sip:192.0.2.60;lr;sipml5-outbound>")...)
	p.status(480) // bob is not there
	refused := passing(s, p, "alice@local.example", "sip:+49301@local.example")
	refused.callID, refused.branch = "refused", 90
	p.say("sdp", refused.lines("INVITE", "1", "Route: <sip:192.0.2.61;lr;sipml5-outbound>")...)
	p.status(403)
}

func TestOutboundProxyChoosesAmongServers(t *testing.T) {
	t.Parallel()
	upstream, err := ParseUpstream("up.example", "sip:a.example", "sip:b.example:5070", "sip:c.example")
	if err != nil {
		t.Fatal(err)
	}
	chosen := upstream.preferring(sip.Uri{Host: "B.example", Port: 5070})
	if chosen.NextHops[0].Host != "b.example" || len(chosen.NextHops) != 3 || upstream.NextHops[0].Host != "a.example" {
		t.Errorf("chosen %v of %v", chosen.NextHops, upstream.NextHops)
	}
	if other := upstream.preferring(sip.Uri{Host: "b.example"}); other.NextHops[0].Host != "a.example" {
		t.Errorf("another port chooses %v", other.NextHops)
	}
}
