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
	ring := bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	if ring.Early == nil {
		t.Fatal("the caller gets no offer of ours")
	}
	checkAudio(t, *ring.Early, bridge.SendRecv, bridgetest.PCMU(), bridgetest.PCMA(), bridgetest.Opus())
	callee.Emit(bridge.Answered{Answer: early})
	offer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	checkAudio(t, offer, bridge.SendRecv, bridgetest.PCMA(), bridgetest.PCMU(), bridgetest.Opus())
	caller.Emit(bridge.Accepted{Answer: bridgetest.Audio(bridgetest.PCMU())})
	if packet := passes(t, caller.Leg, callee.Leg, 0); packet.PayloadType != 8 {
		t.Errorf("callee got payload type %d, want 8", packet.PayloadType)
	}
}

// A caller whose provisional responses are reliable answers our offer while it rings; the media begin with the call.
func TestCallerWithoutOfferAnswersWhileItRings(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.callWith(t, request())
	callee.Emit(bridge.Ringing{})
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	caller.Emit(bridge.Accepted{Answer: bridgetest.Audio(bridgetest.PCMU())})
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMA())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	if packet := passes(t, caller.Leg, callee.Leg, 0); packet.PayloadType != 8 {
		t.Errorf("callee got payload type %d, want 8", packet.PayloadType)
	}
	if packet := passes(t, callee.Leg, caller.Leg, 8); packet.PayloadType != 0 {
		t.Errorf("caller got payload type %d, want 0", packet.PayloadType)
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
