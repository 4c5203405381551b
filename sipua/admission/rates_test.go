package admission

import (
	"testing"
	"time"
)

// TestRates: each user has his own, it comes back, and nobody is remembered for nothing.
func TestRates(t *testing.T) {
	t.Parallel()
	rates, now := NewRates(1, 3), time.Unix(1_700_000_000, 0)
	for i, want := range []bool{true, true, true, false} {
		if got := rates.Allow("alice", now); got != want {
			t.Errorf("request %d: %v", i, got)
		}
	}
	later := now.Add(time.Second)
	if !rates.Allow("bob", now) || !rates.Allow("alice", later) || rates.Allow("alice", later) {
		t.Error("one user is held to what another did, or for ever, or to nothing")
	}
	if rates.Allow("carol", now.Add(time.Hour)); len(rates.limiters) != 1 {
		t.Errorf("%d users are remembered", len(rates.limiters))
	}
}
