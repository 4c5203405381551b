package sipua

import (
	"testing"

	"sipbridge/bridge"
)

// TestEndedLegIsLetGo: transactions stay for 32 s, that of an INVITE even after a 2xx; the leg, its media and its call
// must not stay with them, whoever hung up.
func TestEndedLegIsLetGo(t *testing.T) {
	tests := map[string]func(s *setup, p *peer){
		"incoming": func(s *setup, p *peer) { s.hungUp(s.answered(newScript(p)), p) },
		"outgoing": func(s *setup, p *peer) { s.hungUp(s.dialled(p, "sdp"), p) },
		"ended by the party": func(s *setup, p *peer) {
			script := newScript(p)
			leg := s.answered(script)
			p.say("", script.lines("BYE", "2")...)
			p.status(200)
			event[bridge.Ended](t, leg)
			s.settled()
		},
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			call(s, s.peer("UDP", "192.0.2.20:5060"))
			if servers, clients := s.agent.transactions.Sizes(); servers+clients < 1 {
				t.Error("no transaction is left, so this shows nothing")
			}
			if left := s.agent.transactions.Listened(); left > 0 {
				t.Errorf("%d transactions still tell of what comes", left)
			}
		})
	}
}
