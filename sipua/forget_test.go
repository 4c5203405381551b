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
			table := s.agent.transactions
			table.mu.Lock()
			defer table.mu.Unlock()
			if len(table.servers)+len(table.clients) < 1 {
				t.Error("no transaction is left, so this shows nothing")
			}
			for key, transaction := range table.servers {
				transaction.mu.Lock()
				if transaction.canceled != nil {
					t.Errorf("%s still tells of a CANCEL", key)
				}
				transaction.mu.Unlock()
			}
			for key, transaction := range table.clients {
				transaction.mu.Lock()
				if transaction.handler != nil {
					t.Errorf("%s still tells of responses", key)
				}
				transaction.mu.Unlock()
			}
		})
	}
}
