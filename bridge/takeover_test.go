package bridge_test

import (
	"slices"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/bridge/quality"
	"sipbridge/transcode"
)

// comeBack places an INVITE with Replaces by a user.
func comeBack(
	f *fixture, user string, dialog bridge.DialogID, offer *bridge.Description,
) *bridgetest.Incoming {
	leg := bridgetest.NewIncoming(bridge.Request{
		From: bridge.Party{URI: "sip:" + user}, To: "sip:whoever@test",
		Origin: bridge.OriginUser, User: user, Offer: offer, Replaces: &dialog,
	}, bridge.LegInfo{})
	f.Accept(leg)
	return leg
}

func TestReloadedCallerTakesItsLegOver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	caller.FakeMedia().SetStats(bridge.MediaStats{Audio: quality.Stats{Received: 40, Lost: 1}})
	offer := bridgetest.Audio(bridgetest.Opus(), bridgetest.PCMA())
	page := comeBack(f, "alice@test", caller.Info().Dialog, &offer)
	answer := bridgetest.Await[bridgetest.Answer](t, page.Leg).Answer
	checkAudio(t, answer, bridge.SendRecv, bridgetest.PCMA())
	cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause
	if cause.Status != 200 || cause.Text != "Call completed elsewhere" {
		t.Errorf("the old leg was told %+v", cause)
	}
	if packet := passes(t, page.Leg, callee.Leg, 8); packet.PayloadType != 0 {
		t.Errorf("callee got payload type %d, want 0", packet.PayloadType)
	}
	if packet := passes(t, callee.Leg, page.Leg, 0); packet.PayloadType != 8 {
		t.Errorf("the page got payload type %d, want 8", packet.PayloadType)
	}
	if caller.FakeMedia().Plugged(transcode.Audio) {
		t.Error("the old leg is still plugged in")
	}
	if commands := callee.Commands(); len(commands) != 0 {
		t.Errorf("the far leg noticed: %+v", commands)
	}
	page.Emit(bridge.Pressed{Key: bridge.DTMF{Digit: '9'}})
	bridgetest.Await[bridgetest.SendDTMF](t, callee.Leg)

	// And once more, from the new leg's dialog; the old one is worth nothing any more.
	stale := comeBack(f, "alice@test", caller.Info().Dialog, &offer)
	if got := bridgetest.Await[bridgetest.Hangup](t, stale.Leg).Cause; got.Status != 603 {
		t.Errorf("a stale dialog was told %+v, want 603", got)
	}
	again := comeBack(f, "alice@test", page.Info().Dialog, &offer)
	bridgetest.Await[bridgetest.Answer](t, again.Leg)
	passes(t, again.Leg, callee.Leg, 8)
	callee.Emit(bridge.Ended{Cause: bridge.Normal()})
	bridgetest.Await[bridgetest.Hangup](t, again.Leg)
	record := f.observer.AwaitEnded(t)
	if record.CallerMedia.Audio.Received != 42 || record.CallerMedia.Audio.Lost != 1 {
		t.Errorf("the record counts %+v, want what all three legs received", record.CallerMedia)
	}
	want := []string{callID(caller.Leg), callID(callee.Leg), callID(page.Leg), callID(again.Leg)}
	if !slices.Equal(record.CallIDs, want) {
		t.Errorf("the record has the Call-IDs %q, want %q", record.CallIDs, want)
	}
	if stats := f.Stats(); stats.Takeovers != 2 || stats.Started != 1 || stats.Active != 0 {
		t.Errorf("counted %+v", stats)
	}
}

func callID(leg *bridgetest.Leg) string { return leg.Info().Dialog.CallID }

func TestReloadedCalleeTakesItsLegOver(t *testing.T) {
	t.Parallel()
	phone := bridgetest.NewEndpointOf(bridge.LegInfo{User: "bob@test", Transport: "WS"})
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Router = bridgetest.RouteTo(phone) })
	f.phone = phone
	caller, callee := f.answered(t)
	callee.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	bridgetest.Await[bridgetest.SetDirection](t, caller.Leg)
	offer := bridgetest.Audio(bridgetest.PCMU())
	page := comeBack(f, "bob@test", callee.Info().Dialog, &offer)
	bridgetest.Await[bridgetest.Answer](t, page.Leg)
	if told := bridgetest.Await[bridgetest.SetDirection](t, caller.Leg); told.Direction != bridge.SendRecv {
		t.Errorf("the caller was told %v, want sendrecv: the page holds nothing", told.Direction)
	}
	bridgetest.Await[bridgetest.Hangup](t, callee.Leg)
	passes(t, page.Leg, caller.Leg, 0)
	passes(t, caller.Leg, page.Leg, 0)
	page.Emit(bridge.Ended{Cause: bridge.Normal()})
	if record := f.observer.AwaitEnded(t); record.EndedBy != "callee" {
		t.Errorf("ended by %q, want callee", record.EndedBy)
	}
}

func TestTakeOverWhileTheOtherHolds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	callee.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	bridgetest.Await[bridgetest.SetDirection](t, caller.Leg)
	offer := bridgetest.Audio(bridgetest.PCMU())
	page := comeBack(f, "alice@test", caller.Info().Dialog, &offer)
	checkAudio(t, bridgetest.Await[bridgetest.Answer](t, page.Leg).Answer, bridge.SendOnly, bridgetest.PCMU())
	callee.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	bridgetest.Await[bridgetest.SetDirection](t, page.Leg)
	passes(t, page.Leg, callee.Leg, 0)
}

func TestTakeOverWithoutOffer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	phone := comeBack(f, "alice@test", caller.Info().Dialog, nil)
	offer := bridgetest.Await[bridgetest.Answer](t, phone.Leg).Answer
	checkAudio(t, offer, bridge.SendRecv, bridgetest.PCMU(), bridgetest.PCMA(), bridgetest.Opus())
	phone.Emit(bridge.Accepted{Answer: bridgetest.Audio(bridgetest.PCMA())})
	passes(t, phone.Leg, callee.Leg, 8)
	passes(t, callee.Leg, phone.Leg, 0)
}

func TestTakeOverOfForkedCallee(t *testing.T) {
	t.Parallel()
	endpoint := bridgetest.NewEndpointOf(bridge.LegInfo{User: "bob@test"})
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Router = bridgetest.RouteTo(endpoint, endpoint) })
	caller := bridgetest.NewIncoming(request(bridgetest.PCMU()), bridge.LegInfo{})
	f.Accept(caller)
	endpoint.AwaitDial(t)
	winner := endpoint.AwaitDial(t)
	winner.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	offer := bridgetest.Audio(bridgetest.PCMU())
	page := comeBack(f, "bob@test", winner.Info().Dialog, &offer)
	bridgetest.Await[bridgetest.Answer](t, page.Leg)
	bridgetest.Await[bridgetest.Hangup](t, winner.Leg)
	passes(t, caller.Leg, page.Leg, 0)
}

func TestTakeOverIsRefused(t *testing.T) {
	t.Parallel()
	pcmu := bridgetest.Audio(bridgetest.PCMU())
	useless := bridgetest.Audio()
	for _, test := range []struct {
		name   string
		user   string
		origin bridge.Origin
		change func(*bridge.DialogID)
		offer  *bridge.Description
		status int
	}{
		{"another user", "mallory@test", bridge.OriginUser, nil, &pcmu, 403},
		{"nobody", "", bridge.OriginUser, nil, &pcmu, 403},
		{"name without proof", "alice@test", bridge.OriginUnknown, nil, &pcmu, 403},
		{"trunk", "alice@test", bridge.OriginUpstream, nil, &pcmu, 403},
		{"other call", "alice@test", bridge.OriginUser, func(d *bridge.DialogID) { d.CallID = "x" }, &pcmu, 481},
		{"wrong tag", "alice@test", bridge.OriginUser, func(d *bridge.DialogID) { d.LocalTag = "x" }, &pcmu, 481},
		{"no tag", "alice@test", bridge.OriginUser, func(d *bridge.DialogID) { d.RemoteTag = "" }, &pcmu, 481},
		{"empty", "alice@test", bridge.OriginUser, func(d *bridge.DialogID) { *d = bridge.DialogID{} }, &pcmu, 481},
		{"no codec", "alice@test", bridge.OriginUser, nil, &useless, 488},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			caller, callee := f.answered(t)
			dialog := caller.Info().Dialog
			if test.change != nil {
				test.change(&dialog)
			}
			leg := bridgetest.NewIncoming(bridge.Request{
				Origin: test.origin, User: test.user, Offer: test.offer, Replaces: &dialog,
			}, bridge.LegInfo{})
			f.Accept(leg)
			if got := bridgetest.Await[bridgetest.Hangup](t, leg.Leg).Cause; got.Status != test.status {
				t.Errorf("told %+v, want %d", got, test.status)
			}
			passes(t, caller.Leg, callee.Leg, 0)
			passes(t, callee.Leg, caller.Leg, 0)
		})
	}
}

// A dialog that is not confirmed cannot be replaced, nor one of a call that is over.
func TestTakeOverAtTheWrongTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	callee.Emit(bridge.Ringing{})
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	offer := bridgetest.Audio(bridgetest.PCMU())
	early := comeBack(f, "alice@test", caller.Info().Dialog, &offer)
	if got := bridgetest.Await[bridgetest.Hangup](t, early.Leg).Cause; got.Status != 481 {
		t.Errorf("early: told %+v, want 481", got)
	}
	callee.Emit(bridge.Ended{Cause: bridge.Cause{Status: 486}})
	f.observer.AwaitEnded(t)
	late := comeBack(f, "alice@test", caller.Info().Dialog, &offer)
	if got := bridgetest.Await[bridgetest.Hangup](t, late.Leg).Cause; got.Status != 603 {
		t.Errorf("late: told %+v, want 603", got)
	}
}

// The page comes back in the moment in which the call ends.
func TestTakeOverCrossesTheEnd(t *testing.T) {
	t.Parallel()
	for range 50 {
		f := newFixture(t)
		caller, callee := f.answered(t)
		offer := bridgetest.Audio(bridgetest.PCMU())
		go callee.Emit(bridge.Ended{Cause: bridge.Normal()})
		page := comeBack(f, "alice@test", caller.Info().Dialog, &offer)
		bridgetest.Await[bridgetest.Hangup](t, page.Leg) // by 481, or by the end of the call
		f.observer.AwaitEnded(t)
		f.shutDown(t)
		if !caller.Ended() || !page.Ended() {
			t.Fatal("a leg was left up")
		}
	}
}
