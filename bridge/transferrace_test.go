package bridge_test

import (
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// The target answers in the moment in which one of the others hangs up.
func TestTransferCrossesTheEnd(t *testing.T) {
	t.Parallel()
	for round := range 60 {
		f := newFixture(t, func(o *bridge.ExchangeOptions) { o.ReferrerHangup = time.Millisecond })
		caller, callee := f.answered(t)
		target := f.blind(t, caller.Leg)
		leaving := []*bridgetest.Leg{caller.Leg, callee.Leg, target.Leg}[round%3]
		go leaving.Emit(bridge.Ended{Cause: bridge.Normal()})
		target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
		if round%3 == 0 {
			reaches(t, callee.Leg, target.Leg, 0) // the referrer's BYE ends nothing
			callee.Emit(bridge.Ended{Cause: bridge.Normal()})
		}
		if round%3 == 2 {
			caller.Emit(bridge.Ended{Cause: bridge.Normal()}) // in case the answer was not seen any more
		}
		f.observer.AwaitEnded(t)
		f.shutDown(t)
		for _, leg := range []*bridgetest.Leg{caller.Leg, callee.Leg, target.Leg} {
			if !leg.Ended() {
				t.Fatalf("round %d: %s was left up", round, leg.Info().ID)
			}
		}
	}
}
