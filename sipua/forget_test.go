package sipua

import (
	"testing"

	"sipbridge/bridge"
)

// TestEndedLegIsLetGo: the transactions of an INVITE stay for 32 s after a 2xx; the leg, its media and its call must
// not stay with them.
func TestEndedLegIsLetGo(t *testing.T) {
	tests := map[string]func(s *setup, p *peer) bridge.Leg{
		"incoming": func(s *setup, p *peer) bridge.Leg { return s.answered(newScript(p)) },
		"outgoing": func(s *setup, p *peer) bridge.Leg { return s.dialled(p, "sdp") },
	}
	for name, establish := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("UDP", "192.0.2.20:5060")
			s.hungUp(establish(s, p), p)
			if servers, clients := s.agent.transactions.Sizes(); servers+clients < 1 {
				t.Error("no transaction is left, so this shows nothing")
			}
			if left := s.agent.transactions.Listened(); left > 0 {
				t.Errorf("%d transactions still tell of what comes", left)
			}
		})
	}
}
