package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/toll"
	"sipbridge/sipua/trunk"
)

// TestTrustDomain passes a call of a hidden caller from one trunk to another: who it is crosses only from a trusted one
// to a trusted one, and the demand to hide it always (RFC 3325 sections 5 and 7).
func TestTrustDomain(t *testing.T) {
	for _, test := range []struct {
		name     string
		from, to bool // trusted
		named    bool
	}{
		{"trusted to trusted", true, true, true},
		{"trusted to stranger", true, false, false},
		{"stranger to trusted", false, true, false},
		{"stranger to stranger", false, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			second, err := trunk.New(trunk.Options{
				Name: "second", NextHops: []string{"sip:192.0.2.61:5060"}, Domain: "second.test", Account: "4940",
				Identity: trunk.IdentityAsserted, Trusted: test.to,
			})
			if err != nil {
				t.Fatal(err)
			}
			dialing, err := toll.New(toll.Options{Rules: []toll.Rule{{Users: []string{"trunk:carrier"}}}})
			if err != nil {
				t.Fatal(err)
			}
			s := newSetup(t, withTrunk(t, func(o *trunk.Options) { o.Trusted = test.from }), func(o *Options, _ *Agent) {
				o.Trunks, o.Dialing = append(o.Trunks, second), dialing
			})
			near, far := s.peer("UDP", carrierAddress), s.peer("UDP", "192.0.2.61:5060")
			callFrom(near, "sip:+4930@192.0.2.1:5060", `"Anonymous" <sip:anonymous@anonymous.invalid>`, "<sip:+4930@us>",
				"P-Asserted-Identity: <sip:+1555@far.test>", "Privacy: id", "P-Preferred-Identity: <sip:+1666@far.test>")
			caller := within(t, s.incoming, "call")
			asked := caller.Request()
			callee := s.agent.TrunkEndpoints()["second"].Dial(asked)
			invite := far.request(sip.INVITE)
			text := invite.String()
			if named := strings.Contains(text, "P-Asserted-Identity: <sip:+1555@second.test>"); named != test.named {
				t.Errorf("the caller is named: %v\n%s", named, text)
			}
			if strings.Contains(text, "1555") != test.named || strings.Contains(text, "1666") ||
				!strings.Contains(text, "Privacy: id") || !strings.Contains(text, "sip:anonymous@anonymous.invalid") {
				t.Errorf("the INVITE is\n%s", text)
			}
			far.respond(invite, 486, "far", "")
			far.request(sip.ACK)
			event[bridge.Ended](t, callee)
			caller.Hangup(bridge.Cause{Status: 486})
			near.status(486)
		})
	}
}
