package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// ringingAtBob is a call whose callee, a device of bob, rings.
func ringingAtBob(t *testing.T, asked bridge.Request) (*fixture, *bridgetest.Incoming, bridgetest.Dialled) {
	t.Helper()
	f := newFixture(t)
	f.phone.Prepare = func(leg bridgetest.Dialled) {
		info := leg.Info()
		info.Origin, info.User = bridge.OriginUser, "bob@test"
		leg.SetInfo(info)
	}
	caller, callee := f.callWith(t, asked)
	callee.Emit(bridge.Ringing{})
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	return f, caller, callee
}

func TestPickUpAtAnotherDevice(t *testing.T) {
	t.Parallel()
	for name, earlyOnly := range map[string]bool{"early only": true, "in any state": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, caller, callee := ringingAtBob(t, request(bridgetest.PCMU()))
			offer := bridgetest.Audio(bridgetest.Opus(), bridgetest.PCMA(), bridgetest.PCMU())
			dialog := callee.Info().Dialog
			device := bridgetest.NewIncoming(bridge.Request{
				From: bridge.Party{URI: "sip:bob@test"}, Origin: bridge.OriginUser, User: "bob@test",
				Offer: &offer, Replaces: &dialog, EarlyOnly: earlyOnly,
			}, bridge.LegInfo{})
			f.Accept(device)
			checkAudio(t, bridgetest.Await[bridgetest.Answer](t, device.Leg).Answer, bridge.SendRecv, bridgetest.PCMU())
			checkAudio(t, bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer, bridge.SendRecv, bridgetest.PCMU())
			if cause := bridgetest.Await[bridgetest.Hangup](t, callee.Leg).Cause; cause.Text != "Call completed elsewhere" {
				t.Errorf("the device that rang was told %+v", cause)
			}
			alice := somebody("Alice", "sip:alice@test")
			alice.Proved = true
			introduced(t, device.Leg, alice)
			passes(t, caller.Leg, device.Leg, 0)
			passes(t, device.Leg, caller.Leg, 0)
			device.Emit(bridge.Ended{Cause: bridge.Normal()})
			bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
			if record := f.observer.AwaitEnded(t); record.EndedBy != "callee" || record.Answered.IsZero() {
				t.Errorf("record %+v", record)
			}
		})
	}
}

// Two devices ring; a third one picks up what rings at either, and both fall silent.
func TestPickUpWhileSeveralRing(t *testing.T) {
	t.Parallel()
	for picked := range 2 {
		f := newFork(t, 2, func(leg bridgetest.Dialled) {
			info := leg.Info()
			info.Origin, info.User = bridge.OriginUser, "bob@test"
			leg.SetInfo(info)
		})
		for _, branch := range f.branches {
			branch.Emit(bridge.Ringing{})
		}
		bridgetest.Await[bridgetest.Ring](t, f.caller.Leg)
		dialog := f.branches[picked].Info().Dialog
		offer := bridgetest.Audio(bridgetest.PCMU())
		device := comeBack(f.fixture, "bob@test", dialog, &offer)
		bridgetest.Await[bridgetest.Answer](t, device.Leg)
		for _, branch := range f.branches {
			bridgetest.Await[bridgetest.Hangup](t, branch.Leg)
		}
		passes(t, device.Leg, f.caller.Leg, 0)
		late := comeBack(f.fixture, "bob@test", dialog, &offer)
		if got := bridgetest.Await[bridgetest.Hangup](t, late.Leg).Cause; got.Status != 481 {
			t.Errorf("a second one was told %+v, want 481", got)
		}
		device.Emit(bridge.Ended{Cause: bridge.Normal()})
		f.observer.AwaitEnded(t)
		if late = comeBack(f.fixture, "bob@test", dialog, &offer); t.Failed() {
			return
		}
		if got := bridgetest.Await[bridgetest.Hangup](t, late.Leg).Cause; got.Status != 603 {
			t.Errorf("after the end: told %+v, want 603", got)
		}
	}
}

// The caller has its answer already, by early media; the device speaks something else.
func TestPickUpAfterEarlyMedia(t *testing.T) {
	t.Parallel()
	f, caller, callee := ringingAtBob(t, request(bridgetest.Opus(), bridgetest.PCMU()))
	early := bridgetest.Audio(bridgetest.Opus())
	callee.Emit(bridge.Ringing{Early: &early})
	bridgetest.Eventually(t, "early media are connected", func() bool {
		return caller.FakeMedia().Plugged(transcode.Audio)
	})
	offer := bridgetest.Audio(bridgetest.PCMA())
	device := comeBack(f, "bob@test", callee.Info().Dialog, &offer)
	bridgetest.Await[bridgetest.Answer](t, device.Leg)
	checkAudio(t, bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer, bridge.SendRecv, bridgetest.Opus())
	if packet := passes(t, device.Leg, caller.Leg, 8); packet.PayloadType != 111 {
		t.Errorf("the caller got payload type %d", packet.PayloadType)
	}
}

func TestPickUpIsRefused(t *testing.T) {
	t.Parallel()
	pcmu, useless := bridgetest.Audio(bridgetest.PCMU()), bridgetest.Audio()
	for _, test := range []struct {
		name, user string
		ofCaller   bool
		offer      *bridge.Description
		status     int
	}{
		{"by another user", "mallory@test", false, &pcmu, 403},
		{"of the caller's dialog", "alice@test", true, &pcmu, 481},
		{"without an offer", "bob@test", false, nil, 488},
		{"without a codec", "bob@test", false, &useless, 488},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f, caller, callee := ringingAtBob(t, request(bridgetest.PCMU()))
			dialog := callee.Info().Dialog
			if test.ofCaller {
				dialog = caller.Info().Dialog
			}
			device := comeBack(f, test.user, dialog, test.offer)
			if got := bridgetest.Await[bridgetest.Hangup](t, device.Leg).Cause; got.Status != test.status {
				t.Errorf("told %+v, want %d", got, test.status)
			}
			callee.Emit(bridge.Answered{Answer: pcmu})
			bridgetest.Await[bridgetest.Answer](t, caller.Leg)
			passes(t, caller.Leg, callee.Leg, 0)
		})
	}
}

// The device picks up in the moment in which the one that rings answers.
func TestPickUpCrossesTheAnswer(t *testing.T) {
	t.Parallel()
	for range 40 {
		f, caller, callee := ringingAtBob(t, request(bridgetest.PCMU()))
		pcmu := bridgetest.Audio(bridgetest.PCMU())
		go callee.Emit(bridge.Answered{Answer: pcmu})
		device := comeBack(f, "bob@test", callee.Info().Dialog, &pcmu)
		bridgetest.Await[bridgetest.Answer](t, device.Leg) // in the place of the other one, before or after its answer
		bridgetest.Await[bridgetest.Hangup](t, callee.Leg)
		if bridgetest.Count[bridgetest.Answer](caller.Leg) != 1 {
			t.Errorf("the caller was answered %d times", bridgetest.Count[bridgetest.Answer](caller.Leg))
		}
		reaches(t, caller.Leg, device.Leg, 0)
		f.shutDown(t)
	}
}
