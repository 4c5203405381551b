package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/toll"
)

// TestDialingRulesOutsideTrunks: numbers at URIs of routes and at other people's servers are asked for and counted,
// names and a user's own server are not.
func TestDialingRulesOutsideTrunks(t *testing.T) {
	dialing, err := toll.New(toll.Options{Rules: []toll.Rule{
		{Numbers: []string{"+4930"}, Trunks: []string{"192.0.2.20"}, MaxCalls: 1},
		{Numbers: []string{"10"}, Trunks: []string{"up.example"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	local := bridge.Request{Origin: bridge.OriginUser, User: "alice@local.example"}
	own := bridge.Request{Origin: bridge.OriginUser, User: "alice@up.example"}
	other := bridge.Request{Origin: bridge.OriginUpstream, Trunk: "pbx.example"}
	for _, test := range []struct {
		name    string
		by      string // the endpoint
		request bridge.Request
		to      string
		refused int
	}{
		{"a number of a route", "numbers", local, "sip:+49301@192.0.2.20", 0},
		{"another one", "numbers", local, "sip:+49900@192.0.2.20", 403},
		{"in other words", "numbers", local, "sip:%2b49-900@192.0.2.20", 403},
		{"digits behind a sign", "numbers", local, "sip:~0900@192.0.2.20", 403},
		{"of another server", "numbers", other, "sip:+49301@192.0.2.20", 403},
		{"a name", "numbers", local, "sip:door@192.0.2.20", 0},
		{"a number that the route has", "fixed", local, "sip:0900@192.0.2.20", 0},
		{"a number at a server", "server", local, "sip:1001@up.example", 0},
		{"another one there", "server", local, "sip:2001@up.example", 403},
		{"a name there", "server", local, "sip:bob@up.example", 0},
		{"of its own user", "server", own, "sip:2001@up.example", 0},
		{"of another domain's user", "server", bridge.Request{
			Origin: bridge.OriginUser, User: "alice@xup.example",
		}, "sip:2001@up.example", 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSetup(t, func(options *Options, _ *Agent) { options.Dialing = dialing })
			upstream, _ := s.agent.options.Domains.upstream("up.example")
			endpoint := map[string]bridge.Endpoint{
				"numbers": s.agent.NumberGateway(), "fixed": s.agent.Gateway(), "server": s.agent.UpstreamEndpoint(upstream),
			}[test.by]
			gateway, server := s.peer("UDP", "192.0.2.20:5060"), s.peer("UDP", upstreamAddress)
			offer := pcmu()
			request := test.request
			request.From, request.To, request.Offer = bridge.Party{URI: "sip:alice@local.example"}, test.to, &offer
			leg := endpoint.Dial(request)
			if test.refused != 0 {
				if ended := event[bridge.Ended](t, leg); ended.Cause.Status != test.refused {
					t.Errorf("it ended with %v", ended.Cause)
				}
				return
			}
			callee := gateway
			if test.by == "server" {
				callee = server
			}
			invite := callee.request(sip.INVITE)
			if test.name == "a number of a route" {
				if ended := event[bridge.Ended](t, endpoint.Dial(request)); ended.Cause.Status != 503 {
					t.Errorf("a second one at once ended with %v", ended.Cause)
				}
			}
			callee.respond(invite, 486, "far", "")
			callee.request(sip.ACK)
			event[bridge.Ended](t, leg)
			s.settled()
			eventually(t, "its place is not given back", func() bool { return dialing.Stats().Active == 0 })
		})
	}
	if stats := dialing.Stats(); stats.Admitted != 2 || stats.Forbidden != 6 || stats.OverUser != 1 {
		t.Errorf("it counted %+v", stats)
	}
}
