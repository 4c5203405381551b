package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

// TestPageIsToldWhoTookOver tells a page that takes UPDATE who the other party has become, and nobody else.
func TestPageIsToldWhoTookOver(t *testing.T) {
	const allow = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"
	for name, test := range map[string]struct {
		transport string
		headers   []string
		told      bool
	}{
		"page":                    {"WS", []string{allow}, true},
		"page that says nothing":  {"WS", nil, true},
		"page that takes no such": {"WS", []string{"Allow: INVITE, ACK, BYE, CANCEL"}, false},
		"phone":                   {"TCP", []string{allow}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer(test.transport, "192.0.2.9:5070")
			script := newScript(p)
			leg := s.invite(script, test.headers...)
			introduced, ok := leg.(bridge.Introduced)
			if !ok {
				t.Fatal("the leg cannot tell")
			}
			leg.Answer(pcmu())
			script.to = p.status(200).To().Value()
			p.say("", script.lines("ACK", "1")...)
			for range 2 { // as at the answer, which the ACK may overtake
				introduced.Introduce(bridge.Party{URI: "sip:bob@out.example"})
			}
			introduced.Introduce(bridge.Party{Name: `Carol "C"`, URI: "sip:carol@out.example;x=y"})
			if test.told {
				update := p.request(sip.UPDATE)
				want := `"Carol \"C\"" <sip:carol@out.example>;screen=no`
				if got := message.Value(update, "Remote-Party-ID"); got != want || len(update.Body()) != 0 {
					t.Errorf("it is told %s", update)
				}
				p.respond(update, 200, "", "")
			}
			p.quiet()
			p.say("", script.lines("BYE", "2")...)
			p.status(200)
			s.settled()
		})
	}
}
