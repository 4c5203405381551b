package sipua

import (
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// headerNames lists what a cause brings along.
func headerNames(cause bridge.Cause) string {
	var names []string
	for _, header := range cause.Headers {
		names = append(names, header.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestWhatIsSaidAtTheEndCrosses(t *testing.T) {
	s := newSetup(t)
	p, other := s.peer("UDP", "192.0.2.9:5070"), s.peer("UDP", "192.0.2.50:5060")
	script := newScript(p)
	leg := s.answered(script)
	p.say("", script.lines("BYE", "2", "User-to-User: 04c0ffee;encoding=hex", `Reason: Q.850;cause=16;text="Bye"`,
		"X-Mine: 1", "Diversion: <sip:x@y>", "Alert-Info: <http://x>", "Server: Inner/1.0")...)
	p.status(200)
	ended := event[bridge.Ended](t, leg)
	if got := headerNames(ended.Cause); got != "Diversion Reason User-to-User X-Mine" {
		t.Errorf("of a stranger's BYE cross %q", got)
	}

	second := newScript(other)
	second.callID = "call-2@test"
	third := s.answered(second)
	third.Hangup(ended.Cause)
	bye := other.request(sip.BYE)
	for name, want := range map[string]string{
		"Reason": `Q.850;cause=16;text="Bye"`, "User-to-User": "04c0ffee;encoding=hex",
	} {
		if got := bye.GetHeaders(name); len(got) != 1 || got[0].Value() != want {
			t.Errorf("%s is %v", name, got)
		}
	}
	other.respond(bye, 200, "", "")
	event[bridge.Ended](t, third)
}

func TestFailureCrossesWithoutItsTopology(t *testing.T) {
	s := newSetup(t)
	phone := s.peer("UDP", "192.0.2.60:5060")
	offer := pcmu()
	leg := s.agent.Gateway().Dial(bridge.Request{
		From: bridge.Party{URI: "sip:a@local.example"}, To: "sip:b@192.0.2.60", Offer: &offer,
	})
	invite := phone.request(sip.INVITE)
	phone.respond(invite, 503, "b", "", "Retry-After: 7", `Warning: 399 10.1.2.3:5060 "Full"`, "Server: Inner/1.0",
		"Reason: Q.850;cause=42", "Record-Route: <sip:10.1.2.4;lr>")
	phone.request(sip.ACK)
	ended := event[bridge.Ended](t, leg)
	if got := headerNames(ended.Cause); got != "Reason Retry-After Warning" {
		t.Errorf("these cross: %q", got)
	}
	for _, header := range ended.Cause.Headers {
		if strings.Contains(header.Value, "10.1.2") {
			t.Errorf("%s tells the topology: %s", header.Name, header.Value)
		}
	}
}
