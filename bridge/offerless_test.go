package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// A caller without an offer gets one made of what the callee chose, and its answer connects the media.
func TestCallerWithoutOffer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.callWith(t, request())
	if callee.Request.Offer == nil {
		t.Fatal("the callee got no offer")
	}
	checkAudio(t, *callee.Request.Offer, bridge.SendRecv, bridgetest.PCMU(), bridgetest.PCMA(), bridgetest.Opus())
	early := bridgetest.Audio(bridgetest.PCMA())
	callee.Emit(bridge.Ringing{Early: &early})
	if ring := bridgetest.Await[bridgetest.Ring](t, caller.Leg); ring.Early != nil {
		t.Error("early media for a caller that sent no offer")
	}
	callee.Emit(bridge.Answered{Answer: early})
	offer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	checkAudio(t, offer, bridge.SendRecv, bridgetest.PCMA(), bridgetest.PCMU(), bridgetest.Opus())
	caller.Emit(bridge.Accepted{Answer: bridgetest.Audio(bridgetest.PCMU())})
	if packet := passes(t, caller.Leg, callee.Leg, 0); packet.PayloadType != 8 {
		t.Errorf("callee got payload type %d, want 8", packet.PayloadType)
	}
}

func TestCallerWithoutOfferRefusesAudio(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.callWith(t, request())
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMA())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	caller.Emit(bridge.Accepted{Answer: bridgetest.Audio()})
	for _, leg := range []*bridgetest.Leg{caller.Leg, callee.Leg} {
		if got := bridgetest.Await[bridgetest.Hangup](t, leg).Cause; got.Status != 488 {
			t.Errorf("%s was told %+v, want 488", leg.Info().ID, got)
		}
	}
}
