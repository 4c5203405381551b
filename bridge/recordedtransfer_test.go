package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// TestRecordingGoesOnAfterATransfer holds that who takes a party's place is recorded in its channel, and in the
// same file.
func TestRecordingGoesOnAfterATransfer(t *testing.T) {
	t.Parallel()
	book, phone := &notebook{}, bridgetest.NewEndpoint("phone")
	f := newFixture(t, func(options *bridge.ExchangeOptions) {
		options.Recorder, options.Router = book, marked{Endpoint: phone, Record: bridge.RecordedOgg}
	})
	f.phone = phone
	caller, callee := f.answered(t)
	passes(t, caller.Leg, callee.Leg, 0)
	passes(t, callee.Leg, caller.Leg, 0)
	target := f.blind(t, callee.Leg)
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMA())})
	progress(t, callee.Leg, 200)
	passes(t, caller.Leg, target.Leg, 0)
	passes(t, target.Leg, caller.Leg, 8)
	target.Emit(bridge.Ended{Cause: bridge.Normal()})
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	callee.Emit(bridge.Ended{Cause: bridge.Normal()})
	if record := f.observer.AwaitEnded(t); record.Recording != "call.wav" {
		t.Errorf("the story has %q", record.Recording)
	}
	book.mu.Lock()
	defer book.mu.Unlock()
	if len(book.wanted) != 1 || book.closed != 1 {
		t.Errorf("%d recordings were begun, and one closed %d times", len(book.wanted), book.closed)
	}
	heard := map[bridge.Channel]int{}
	for _, channel := range book.taps[2:] {
		heard[channel]++
	}
	if heard[bridge.CallerChannel] == 0 || heard[bridge.CalleeChannel] == 0 {
		t.Errorf("after the transfer these were recorded: %v", heard)
	}
}
