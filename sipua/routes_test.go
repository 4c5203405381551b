package sipua

import (
	"slices"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

func routesOf(request *sip.Request) []string {
	var routes []string
	for _, header := range request.GetHeaders("Route") {
		routes = append(routes, header.Value())
	}
	return routes
}

// route is what the proxies on the way record, and what a request in the dialog then looks like.
type route struct {
	recorded string // as in a response: the nearest last
	uri      string
	routes   []string
}

func routing() map[string]route {
	return map[string]route{
		"no proxy": {uri: "sip:peer@192.0.2.20:5060"},
		"loose routers": {
			recorded: "<sip:far@192.0.2.99;lr>, <sip:192.0.2.20;lr;x=y>",
			uri:      "sip:peer@192.0.2.20:5060", routes: []string{"<sip:192.0.2.20;lr;x=y>", "<sip:far@192.0.2.99;lr>"},
		},
		"strict router first": {
			recorded: "<sip:far@192.0.2.99;lr>, <sip:192.0.2.20;x=y>",
			uri:      "sip:192.0.2.20;x=y", routes: []string{"<sip:far@192.0.2.99;lr>", "<sip:peer@192.0.2.20:5060>"},
		},
		"strict router behind": {
			recorded: "<sip:far@192.0.2.99>, <sip:192.0.2.20;lr>",
			uri:      "sip:peer@192.0.2.20:5060", routes: []string{"<sip:192.0.2.20;lr>", "<sip:far@192.0.2.99>"},
		},
	}
}

func mustRoute(t *testing.T, request *sip.Request, uri string, routes []string) {
	t.Helper()
	if got := request.Recipient.String(); got != uri {
		t.Errorf("%s goes to %s, want %s", request.Method, got, uri)
	}
	if got := routesOf(request); !slices.Equal(got, routes) {
		t.Errorf("%s has the routes %q, want %q", request.Method, got, routes)
	}
}

func TestRequestsOfADialledCallTakeTheRecordedRoute(t *testing.T) {
	for name, test := range routing() {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("UDP", "192.0.2.20:5060")
			leg := s.dial(p)
			invite := p.request(sip.INVITE)
			recorded := []string{"X-None: x"}
			if test.recorded != "" {
				recorded = []string{"Record-Route: " + test.recorded}
			}
			p.respond(invite, 183, "bobtag", "sdp", append(reliably(1), recorded...)...)
			mustRoute(t, p.pracked(invite, 1), test.uri, test.routes)
			p.respond(invite, 200, "bobtag", "", recorded...)
			mustRoute(t, p.request(sip.ACK), test.uri, test.routes)
			leg.SetDirection(bridge.SendOnly)
			reinvite := p.request(sip.INVITE)
			mustRoute(t, reinvite, test.uri, test.routes)
			p.respond(reinvite, 200, "", "sdp recvonly", "Record-Route: <sip:other@192.0.2.98;lr>") // changes nothing
			mustRoute(t, p.request(sip.ACK), test.uri, test.routes)
			leg.Hangup(bridge.Normal())
			bye := p.request(sip.BYE)
			mustRoute(t, bye, test.uri, test.routes)
			p.respond(bye, 200, "", "")
		})
	}
}

func TestRequestsOfAnIncomingCallTakeTheRecordedRoute(t *testing.T) {
	for name, test := range routing() {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("UDP", "192.0.2.20:5060")
			script := newScript(p)
			var recorded []string
			for _, route := range test.routes { // a request has them the other way round: the nearest first
				recorded = append(recorded, "Record-Route: "+route)
			}
			if name == "strict router first" {
				recorded = []string{"Record-Route: <sip:192.0.2.20;x=y>, <sip:far@192.0.2.99;lr>"}
			}
			lines := script.lines("INVITE", "1", recorded...)
			lines[7] = "Contact: <sip:peer@192.0.2.20:5060>"
			p.say("sdp", lines...)
			leg := within(t, s.incoming, "call")
			leg.Answer(pcmu())
			script.to = p.status(200).To().Value()
			p.say("", script.lines("ACK", "1")...)
			leg.Hangup(bridge.Normal())
			bye := p.request(sip.BYE)
			mustRoute(t, bye, test.uri, test.routes)
			p.respond(bye, 200, "", "")
			event[bridge.Ended](t, leg)
		})
	}
}

// What refreshes the target: every request and response that may (RFC 3261 section 12.2, RFC 3311 section 5).
func TestTargetIsRefreshed(t *testing.T) {
	moved := func(lines []string, place string) []string {
		lines[7] = "Contact: <sip:" + place + "@192.0.2.20:5060>"
		return lines
	}
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dialled(p, "sdp")
	script := scriptOf(p, p.last(sip.ACK))
	next := func(want string) {
		t.Helper()
		leg.SendDTMF(bridge.DTMF{Digit: '1'})
		info := p.request(sip.INFO)
		if info.Recipient.User != want {
			t.Errorf("after %s INFO goes to %s", want, info.Recipient.String())
		}
		p.respond(info, 200, "", "")
	}
	next("peer")
	p.say("", moved(script.lines("UPDATE", "1"), "update")...)
	p.status(200)
	next("update")
	p.say("sdp", moved(script.lines("INVITE", "2"), "reinvite")...)
	p.status(200)
	p.say("", script.lines("ACK", "2")...)
	next("reinvite")
	leg.SetDirection(bridge.SendOnly)
	p.respond(p.request(sip.INVITE), 200, "", "sdp recvonly") // its Contact is peer
	p.request(sip.ACK)
	next("peer")
	p.say("", moved(script.lines("OPTIONS", "3"), "options")...) // may not
	p.status(200)
	next("peer")
	s.hungUp(leg, p)
}
