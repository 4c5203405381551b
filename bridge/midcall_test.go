package bridge_test

import (
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

func TestHoldAndResume(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"caller", "callee"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			caller, callee := f.answered(t)
			from, to := caller.Leg, callee.Leg
			if by == "callee" {
				from, to = to, from
			}
			from.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
			if told := bridgetest.Await[bridgetest.SetDirection](t, to); told.Direction != bridge.SendOnly {
				t.Errorf("hold told as %v, want sendonly", told.Direction)
			}
			to.FakeMedia().AwaitUnplugged(t, transcode.Audio)
			passes(t, from, to, 0) // music on hold
			to.Emit(bridge.DirectionChanged{Direction: bridge.RecvOnly})
			to.Emit(bridge.Refused{Cause: bridge.Cause{Status: 491}})
			to.Emit(bridge.Pressed{})
			bridgetest.Await[bridgetest.SendDTMF](t, from) // all three are handled
			from.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
			if told := bridgetest.Await[bridgetest.SetDirection](t, to); told.Direction != bridge.SendRecv {
				t.Errorf("resume told as %v, want sendrecv", told.Direction)
			}
			passes(t, from, to, 0)
			passes(t, to, from, 0)
			if bridgetest.Count[bridgetest.SetDirection](from) != 0 {
				t.Error("the hold came back to the party that holds")
			}
		})
	}
}

func TestInactiveHoldStopsBothWays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	caller.Emit(bridge.DirectionChanged{Direction: bridge.Inactive})
	if told := bridgetest.Await[bridgetest.SetDirection](t, callee.Leg); told.Direction != bridge.Inactive {
		t.Errorf("told %v, want inactive", told.Direction)
	}
	caller.FakeMedia().AwaitUnplugged(t, transcode.Audio)
	callee.FakeMedia().AwaitUnplugged(t, transcode.Audio)
	callee.Emit(bridge.DirectionChanged{Direction: bridge.Inactive})
	callee.Emit(bridge.Pressed{})
	bridgetest.Await[bridgetest.SendDTMF](t, caller.Leg) // both are handled
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	bridgetest.Await[bridgetest.SetDirection](t, callee.Leg)
	passes(t, callee.Leg, caller.Leg, 0)
}

// Both hold, one resumes: the call stays held by the other.
func TestHoldByBoth(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	bridgetest.Await[bridgetest.SetDirection](t, callee.Leg)
	callee.Emit(bridge.DirectionChanged{Direction: bridge.Inactive})
	if told := bridgetest.Await[bridgetest.SetDirection](t, caller.Leg); told.Direction != bridge.SendOnly {
		t.Errorf("the caller was told %v, want sendonly", told.Direction)
	}
	caller.FakeMedia().AwaitUnplugged(t, transcode.Audio)
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	if told := bridgetest.Await[bridgetest.SetDirection](t, callee.Leg); told.Direction != bridge.SendRecv {
		t.Errorf("the callee was told %v, want sendrecv", told.Direction)
	}
	callee.FakeMedia().AwaitPlugged(t, transcode.Audio)
	if caller.FakeMedia().Plugged(transcode.Audio) {
		t.Error("the callee still holds, but the caller is connected")
	}
	callee.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	if told := bridgetest.Await[bridgetest.SetDirection](t, caller.Leg); told.Direction != bridge.SendRecv {
		t.Errorf("the caller was told %v, want sendrecv", told.Direction)
	}
	passes(t, caller.Leg, callee.Leg, 0)
}

func TestCallOfferedOnHold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	asked := request(bridgetest.PCMU())
	asked.Offer.Media[0].Direction = bridge.SendOnly
	caller, callee := f.callWith(t, asked)
	checkAudio(t, *callee.Request.Offer, bridge.SendOnly, bridgetest.PCMU(), bridgetest.PCMA(), bridgetest.Opus())
	callee.Emit(bridge.Answered{Answer: bridgetest.AudioIn(bridge.RecvOnly, bridgetest.PCMU())})
	checkAudio(t, bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer, bridge.RecvOnly, bridgetest.PCMU())
	passes(t, caller.Leg, callee.Leg, 0)
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	bridgetest.Await[bridgetest.SetDirection](t, callee.Leg)
	passes(t, callee.Leg, caller.Leg, 0)
}

// A caller that holds before it is answered has its wish told to the callee.
func TestHoldBeforeAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	caller.Emit(bridge.KeyframeAsked{})
	bridgetest.Await[bridgetest.AskKeyframe](t, callee.Leg)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	if told := bridgetest.Await[bridgetest.SetDirection](t, callee.Leg); told.Direction != bridge.SendOnly {
		t.Errorf("the callee was told %v, want sendonly", told.Direction)
	}
	passes(t, caller.Leg, callee.Leg, 0)
	if callee.FakeMedia().Plugged(transcode.Audio) {
		t.Error("the caller holds, but hears the callee")
	}
}

func TestOfferOfOtherCodecIsAnsweredInPlace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	offer := bridgetest.Audio(bridgetest.PCMA())
	offer.Media = append(offer.Media, bridge.MediaDescription{
		Kind:    transcode.Video,
		Formats: []transcode.Format{{Codec: transcode.Codec{Name: "H263", ClockRate: 90000}, PayloadType: 34}},
	})
	callee.Emit(bridge.Offered{Offer: offer})
	answer := bridgetest.Await[bridgetest.Accept](t, callee.Leg).Answer
	if len(answer.Media) != 2 || !answer.Media[1].Refused() {
		t.Fatalf("accepted with %+v, want audio and a refused video", answer)
	}
	answer.Media = answer.Media[:1]
	checkAudio(t, answer, bridge.SendRecv, bridgetest.PCMA())
	if packet := passes(t, caller.Leg, callee.Leg, 0); packet.PayloadType != 8 {
		t.Errorf("callee got payload type %d, want 8", packet.PayloadType)
	}
	if packet := passes(t, callee.Leg, caller.Leg, 8); packet.PayloadType != 0 {
		t.Errorf("caller got payload type %d, want 0", packet.PayloadType)
	}
	if bridgetest.Count[bridgetest.Offer](caller.Leg) != 0 {
		t.Error("the offer crossed to the caller")
	}
}

func TestUnusableOfferIsRefusedAndTheCallStands(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	callee.Emit(bridge.Offered{Offer: bridgetest.Audio()})
	if got := bridgetest.Await[bridgetest.Refuse](t, callee.Leg).Cause; got.Status != 488 {
		t.Errorf("refused with %+v, want 488", got)
	}
	passes(t, caller.Leg, callee.Leg, 0)
}

func TestOfferBeforeAnswerIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	for _, leg := range []*bridgetest.Leg{caller.Leg, callee.Leg} {
		leg.Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.PCMU())})
		if got := bridgetest.Await[bridgetest.Refuse](t, leg).Cause; got.Status != 491 {
			t.Errorf("refused with %+v, want 491", got)
		}
	}
}

// Early media may change before the answer (RFC 3311): the caller's answer, which is fixed, stays.
func TestOfferIntoEarlyMediaIsAnsweredInPlace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	early := bridgetest.Audio(bridgetest.PCMU())
	callee.Emit(bridge.Ringing{Early: &early})
	first := bridgetest.Await[bridgetest.Ring](t, caller.Leg).Early
	callee.Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.PCMA())})
	checkAudio(t, bridgetest.Await[bridgetest.Accept](t, callee.Leg).Answer, bridge.SendRecv, bridgetest.PCMA())
	if packet := passes(t, callee.Leg, caller.Leg, 8); packet.PayloadType != 0 {
		t.Errorf("caller got payload type %d, want 0", packet.PayloadType)
	}
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMA())})
	checkAudio(t, bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer, bridge.SendRecv, first.Media[0].Formats...)
	passes(t, caller.Leg, callee.Leg, 0)
}

func TestKeysAndKeyframesCross(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	caller.Emit(bridge.Pressed{Key: bridge.DTMF{Digit: '0'}}) // nobody hears it yet
	caller.Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Refuse](t, caller.Leg) // so the key has been seen, too
	early := bridgetest.Audio(bridgetest.PCMU())
	callee.Emit(bridge.Ringing{Early: &early})
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	key := bridge.DTMF{Digit: '1', Duration: 120 * time.Millisecond}
	caller.Emit(bridge.Pressed{Key: key})
	if got := bridgetest.Await[bridgetest.SendDTMF](t, callee.Leg).Key; got != key {
		t.Errorf("early key: got %+v, want %+v", got, key)
	}
	callee.Emit(bridge.Answered{Answer: early})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	for _, digit := range "0123456789*#ABCD" {
		callee.Emit(bridge.Pressed{Key: bridge.DTMF{Digit: byte(digit)}})
		if got := bridgetest.Await[bridgetest.SendDTMF](t, caller.Leg).Key.Digit; got != byte(digit) {
			t.Errorf("got %q, want %q", got, digit)
		}
	}
	callee.Emit(bridge.KeyframeAsked{})
	bridgetest.Await[bridgetest.AskKeyframe](t, caller.Leg)
}

func TestParkedPartyKeepsTheCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	caller.Emit(bridge.Parked{})
	caller.Emit(bridge.Resumed{})
	caller.Emit(bridge.Pressed{Key: bridge.DTMF{Digit: '5'}})
	bridgetest.Await[bridgetest.SendDTMF](t, callee.Leg)
	passes(t, caller.Leg, callee.Leg, 0)
	caller.Emit(bridge.Parked{})
	caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 408, Text: "media timeout"}})
	if got := bridgetest.Await[bridgetest.Hangup](t, callee.Leg).Cause; got.Status != 408 {
		t.Errorf("the callee was told %+v, want 408", got)
	}
}

// Events that make no sense in their state change nothing.
func TestSenselessEvents(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	audio := bridgetest.Audio(bridgetest.PCMU())
	caller.Emit(bridge.Ringing{})
	caller.Emit(bridge.Answered{Answer: audio})
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	callee.Emit(bridge.KeyframeAsked{})
	bridgetest.Await[bridgetest.AskKeyframe](t, caller.Leg)
	callee.Emit(bridge.Answered{Answer: audio})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	callee.Emit(bridge.Answered{Answer: audio})
	callee.Emit(bridge.Ringing{Early: &audio})
	callee.Emit(bridge.Accepted{Answer: audio})
	passes(t, caller.Leg, callee.Leg, 0)
	callee.Emit(bridge.Ended{Cause: bridge.Normal()})
	f.observer.AwaitEnded(t)
	if answers := bridgetest.Count[bridgetest.Answer](caller.Leg); answers != 1 {
		t.Errorf("answered %d times", answers)
	}
	if rings := bridgetest.Count[bridgetest.Ring](caller.Leg); rings != 0 {
		t.Errorf("rang %d times", rings)
	}
}
