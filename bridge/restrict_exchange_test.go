package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// onlyPCMA is an endpoint with which nothing else may be used.
type onlyPCMA struct{ *bridgetest.Endpoint }

func (onlyPCMA) Codecs() []transcode.Codec { return []transcode.Codec{bridgetest.PCMA().Codec} }

// TestCalleeWithOneCodec is offered no other one, whatever the caller has, and the bridge transcodes.
func TestCalleeWithOneCodec(t *testing.T) {
	t.Parallel()
	phone := bridgetest.NewEndpoint("trunk")
	f := newFixture(t, func(options *bridge.ExchangeOptions) {
		options.Router = bridgetest.RouteTo(onlyPCMA{phone})
	})
	f.phone = phone
	caller, callee := f.callWith(t, request(bridgetest.PCMU()))
	checkAudio(t, *callee.Request.Offer, bridge.SendRecv, bridgetest.PCMA())
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMA())})
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	checkAudio(t, answer, bridge.SendRecv, bridgetest.PCMU())
	if packet := passes(t, caller.Leg, callee.Leg, 0); packet.PayloadType != 8 {
		t.Errorf("the callee got payload type %d, want 8", packet.PayloadType)
	}
}

// TestCallerWithOneCodec: of all that it offers, at first and later, only that one is agreed on.
func TestCallerWithOneCodec(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller := bridgetest.NewIncoming(request(bridgetest.PCMU(), bridgetest.PCMA()), bridge.LegInfo{
		Codecs: []transcode.Codec{bridgetest.PCMA().Codec},
	})
	f.Accept(caller)
	callee := f.phone.AwaitDial(t)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	checkAudio(t, answer, bridge.SendRecv, bridgetest.PCMA())
	caller.Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.PCMU(), bridgetest.PCMA())})
	accepted := bridgetest.Await[bridgetest.Accept](t, caller.Leg).Answer
	checkAudio(t, accepted, bridge.SendRecv, bridgetest.PCMA())
}
