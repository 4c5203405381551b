package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// TestNameOfWhoAnswers takes the name in the To of an answer, and before it the one that a server asserts.
func TestNameOfWhoAnswers(t *testing.T) {
	for name, extra := range map[string][]string{
		"Robert":   nil,
		"Front Of": {`P-Asserted-Identity: "Front Of" <sip:front@up.example>`},
	} {
		s := newSetup(t)
		p := s.peer("UDP", "192.0.2.20:5060")
		leg := s.dial(p)
		if said := leg.Info().Party.Name; said != "" {
			t.Errorf("before the answer it is called %q", said)
		}
		invite := p.request(sip.INVITE)
		uri := strings.TrimSpace(invite.To().Value())
		p.say("sdp", append([]string{
			"SIP/2.0 200 OK", "Via: " + invite.Via().Value(), "From: " + invite.From().Value(),
			`To: "Robert" ` + uri + ";tag=far", "Call-ID: " + invite.CallID().Value(), "CSeq: " + invite.CSeq().Value(),
			"Contact: <sip:peer@" + p.remote.String() + ">",
		}, extra...)...)
		p.request(sip.ACK)
		event[bridge.Answered](t, leg)
		if said := leg.Info().Party.Name; said != name {
			t.Errorf("it is called %q, want %q", said, name)
		}
		leg.Hangup(bridge.Normal())
		p.respond(p.request(sip.BYE), 200, "", "")
		event[bridge.Ended](t, leg)
	}
}
