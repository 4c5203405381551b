package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// TestUnlistedFormats hears a party that sends what its answer left out, and sends it what it listed.
func TestUnlistedFormats(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.callWith(t, request(bridgetest.PCMU(), bridgetest.PCMA()))
	answer := bridgetest.Audio(bridgetest.PCMA())
	answer.Media[0].Unlisted = append(answer.Media[0].Unlisted, bridgetest.PCMU())
	callee.Emit(bridge.Answered{Answer: answer})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	for _, sent := range []uint8{0, 8} {
		if got := reaches(t, callee.Leg, caller.Leg, sent); got != 8 {
			t.Errorf("sent as %d it comes as %d", sent, got)
		}
		if got := reaches(t, caller.Leg, callee.Leg, sent); got != 8 {
			t.Errorf("sent as %d it comes back as %d", sent, got)
		}
	}
}
