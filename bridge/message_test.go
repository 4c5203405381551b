package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

func TestWhatAPartySaysReachesTheOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	done := make(chan bridge.Cause, 1)
	words := bridge.Told{
		Message: bridge.Message{ContentType: "text/plain", Body: []byte("Pêche")},
		Done:    func(cause bridge.Cause) { done <- cause },
	}
	caller.Emit(words)
	if cause := <-done; cause.Status != 480 {
		t.Errorf("before the answer: %+v", cause)
	}
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	for _, way := range []struct{ from, to *bridgetest.Leg }{
		{caller.Leg, callee.Leg}, {callee.Leg, caller.Leg},
	} {
		way.from.Emit(words)
		told := bridgetest.Await[bridgetest.Tell](t, way.to)
		if string(told.Message.Body) != "Pêche" || told.Message.ContentType != "text/plain" {
			t.Errorf("told %+v", told.Message)
		}
		told.Done(bridge.Cause{Status: 202})
		if cause := <-done; cause.Status != 202 {
			t.Errorf("answered %+v", cause)
		}
	}
}

func TestWhatTheCalleeMentionsReachesTheCaller(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	ringing := []bridge.Header{{Name: "Alert-Info", Value: "x"}}
	answer := []bridge.Header{{Name: "User-to-User", Value: "y"}}
	callee.Emit(bridge.Ringing{Headers: ringing})
	if told := bridgetest.Await[bridgetest.Mention](t, caller.Leg); told.Headers[0] != ringing[0] {
		t.Errorf("with the ringing: %v", told.Headers)
	}
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU()), Headers: answer})
	if told := bridgetest.Await[bridgetest.Mention](t, caller.Leg); told.Headers[0] != answer[0] {
		t.Errorf("with the answer: %v", told.Headers)
	}
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
}
