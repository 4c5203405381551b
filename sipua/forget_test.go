package sipua

import (
	"runtime"
	"testing"
	"time"
	"weak"

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
			ended := hangUp(s, p, establish)
			servers, clients := s.agent.transactions.sizes()
			if servers+clients == 0 {
				t.Error("no transaction is left, so this shows nothing")
			}
			for deadline := time.Now().Add(patience); ended.Value() != nil; runtime.GC() {
				if time.Now().After(deadline) {
					t.Fatal("the leg is still held")
				}
				sweepTimers()
				time.Sleep(time.Millisecond) // the collector says nothing when it is done
			}
		})
	}
}

// hangUp establishes a leg and ends it; nothing of it stays on this goroutine's stack.
//
//go:noinline
func hangUp(s *setup, p *peer, establish func(*setup, *peer) bridge.Leg) weak.Pointer[leg] {
	ended, ok := establish(s, p).(*leg)
	if !ok {
		s.t.Fatal("no SIP leg")
	}
	s.hungUp(ended, p)
	<-s.media // it knows its leg
	return weak.Make(ended)
}

// sweepTimers makes the runtime drop the timers that were stopped, whose functions know the leg: it does so only when
// they are many.
func sweepTimers() {
	for range 1000 {
		time.AfterFunc(time.Hour, func() {}).Stop()
	}
}
