package sipua

import "testing"

// TestTrunkIsProbed: a trunk's server is asked by OPTIONS as those of domains are, and is down and back as they are.
func TestTrunkIsProbed(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil), fewProbes)
	server, carrier := s.peer("UDP", upstreamAddress), s.peer("UDP", carrierAddress)
	for _, step := range []struct {
		answer  int
		avoided string
	}{{0, ""}, {503, "carrier " + carrierAddress}, {200, "carrier " + carrierAddress}, {200, ""}} {
		s.probed(map[*peer]int{server: 200, carrier: step.answer})
		if got := s.avoided(); got != step.avoided {
			t.Fatalf("after %d %q is down, want %q", step.answer, got, step.avoided)
		}
	}
}
