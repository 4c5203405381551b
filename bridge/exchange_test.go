package bridge_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

func TestDrainRefusesNewCallsAndWaitsForOld(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, _ := f.answered(t)
	empty := f.Drain()
	late := bridgetest.NewIncoming(request(bridgetest.PCMU()), bridge.LegInfo{})
	f.Accept(late)
	cause := bridgetest.Await[bridgetest.Hangup](t, late.Leg).Cause
	if cause.Status != 503 || len(cause.Headers) != 1 || cause.Headers[0].Name != "Retry-After" {
		t.Errorf("refused with %+v, want 503 and Retry-After", cause)
	}
	select {
	case <-empty:
		t.Error("drained while a call is up")
	default:
	}
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	select {
	case <-empty:
	case <-time.After(bridgetest.Patience):
		t.Error("not drained after the last call")
	}
	<-f.Drain()
	if stats := f.Stats(); stats.Refused != 1 || stats.Started != 1 {
		t.Errorf("counted %+v", stats)
	}
}

func TestDrainOfNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	<-f.Drain()
}

func TestShutdownEndsCalls(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	_, ringing := f.call(t)
	f.shutDown(t)
	for _, leg := range []*bridgetest.Leg{caller.Leg, callee.Leg, ringing.Leg} {
		if got := bridgetest.Await[bridgetest.Hangup](t, leg).Cause; got.Status != 503 {
			t.Errorf("%s was told %+v, want 503", leg.Info().ID, got)
		}
	}
	replaces := caller.Info().Dialog
	for _, asked := range []bridge.Request{{}, {Replaces: &replaces}} {
		late := bridgetest.NewIncoming(asked, bridge.LegInfo{})
		f.Accept(late)
		if got := bridgetest.Await[bridgetest.Hangup](t, late.Leg).Cause; got.Status != 503 {
			t.Errorf("after the end: told %+v, want 503", got)
		}
	}
}

func TestShutdownWithStubbornLegs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.phone.Prepare = func(d bridgetest.Dialled) { d.Stubborn = true }
	caller, _ := f.answered(t)
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	f.shutDown(t) // long before HangupTimeout
}

func TestLimits(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.MaxCalls, o.MaxUserCalls = 3, 2 })
	place := func(user string) *bridgetest.Incoming {
		asked := request(bridgetest.PCMU())
		asked.User = user
		caller := bridgetest.NewIncoming(asked, bridge.LegInfo{})
		f.Accept(caller)
		return caller
	}
	first := place("alice@test")
	place("alice@test")
	third := place("alice@test")
	bridgetest.Await[bridgetest.Hangup](t, third.Leg)
	place("bob@test")
	fifth := place("carol@test")
	bridgetest.Await[bridgetest.Hangup](t, fifth.Leg)
	if stats := f.Stats(); stats.Active != 3 || stats.Refused != 2 {
		t.Errorf("counted %+v", stats)
	}
	first.Emit(bridge.Ended{Cause: bridge.Normal()})
	f.observer.AwaitEnded(t)
	place("alice@test")
	if stats := f.Stats(); stats.Refused != 2 {
		t.Error("a call was refused though there is room")
	}
}

// TestCallsThatPassCount: a user's calls that somebody else carries are his, too.
func TestCallsThatPassCount(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) {
		o.MaxUserCalls = 2
		o.Passing = func(user string) int { return len(user) - len("alice@test") }
	})
	for user, refused := range map[string]bool{"alice@test": false, "alice23@test": true} {
		asked := request(bridgetest.PCMU())
		asked.User = user
		caller := bridgetest.NewIncoming(asked, bridge.LegInfo{})
		f.Accept(caller)
		if refused {
			bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
			continue
		}
		f.phone.AwaitDial(t)
		if !f.MayPlace(user, 0) || f.MayPlace(user, 1) {
			t.Error("the call is not counted")
		}
	}
}

// TestStrangersWhoGiveUpDoNotFillTheLog holds that calls which strangers give up at once are not all told.
func TestStrangersWhoGiveUpDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	asked := request(bridgetest.PCMU())
	asked.Origin, asked.User = bridge.OriginUnknown, ""
	const calls = 200
	for range calls {
		caller, callee := f.callWith(t, asked)
		caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
		bridgetest.Await[bridgetest.Hangup](t, callee.Leg)
		callee.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
		f.observer.AwaitEnded(t)
	}
	f.shutDown(t)
	if lines := strings.Count(f.log.String(), "call ended"); lines == 0 || lines > calls/2 {
		t.Errorf("%d calls gave %d lines", calls, lines)
	}
}

// TestOneUserLeavesRoom holds that one account cannot take all calls there may be.
func TestOneUserLeavesRoom(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.MaxCalls = 20 })
	for range 3 {
		f.Accept(bridgetest.NewIncoming(request(bridgetest.PCMU()), bridge.LegInfo{}))
	}
	if stats := f.Stats(); stats.Active != 2 || stats.Refused != 1 {
		t.Errorf("counted %+v, want two calls of twenty for one user", stats)
	}
}

// TestStrangersLeaveRoom holds that callers of whom nothing is known cannot take all calls there may be.
func TestStrangersLeaveRoom(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.MaxCalls = 8 })
	place := func(origin bridge.Origin) *bridgetest.Incoming {
		asked := request(bridgetest.PCMU())
		asked.Origin, asked.User = origin, ""
		caller := bridgetest.NewIncoming(asked, bridge.LegInfo{})
		f.Accept(caller)
		return caller
	}
	first := place(bridge.OriginUnknown)
	place(bridge.OriginUnknown)
	if got := bridgetest.Await[bridgetest.Hangup](t, place(bridge.OriginUnknown).Leg).Cause; got.Status != 503 {
		t.Errorf("the third stranger of two was told %+v, want 503", got)
	}
	for range 6 {
		place(bridge.OriginUpstream)
	}
	if stats := f.Stats(); stats.Active != 8 || stats.Refused != 1 {
		t.Errorf("counted %+v", stats)
	}
	first.Emit(bridge.Ended{Cause: bridge.Normal()})
	f.observer.AwaitEnded(t)
	place(bridge.OriginUnknown)
	if stats := f.Stats(); stats.Refused != 1 {
		t.Error("a stranger was refused though there is room")
	}
}

func TestCallsShowsWhatIsGoingOn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	if started := f.observer.AwaitStarted(t); started.Caller.Name != "Alice" || started.ID == "" {
		t.Errorf("started %+v", started)
	}
	state := func(want string) func() bool {
		return func() bool { calls := f.Calls(); return len(calls) == 1 && calls[0].State == want }
	}
	bridgetest.Eventually(t, "dialling", state("dialling"))
	callee.Emit(bridge.Ringing{})
	bridgetest.Eventually(t, "ringing", state("ringing"))
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Eventually(t, "answered", state("answered"))
	live := f.Calls()[0]
	if live.CallerTransport != "WS" || live.CalleeTransport != "UDP" || live.Callee.URI != "sip:phone@test" ||
		live.CallerCodec != "PCMU/8000" || live.Answered.IsZero() || !live.Ended.IsZero() {
		t.Errorf("the call is shown as %+v", live)
	}
	passes(t, caller.Leg, callee.Leg, 0)
	if live = f.Calls()[0]; live.CallerMedia.Audio.Received != 1 || live.CalleeMedia.Audio.Sent != 1 {
		t.Errorf("the media are shown as %+v, %+v, want what passed until now", live.CallerMedia, live.CalleeMedia)
	}
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	bridgetest.Eventually(t, "gone", func() bool { return len(f.Calls()) == 0 })
}

// Strangers who try numbers write nothing into the log; what is dialled, or asked by somebody known, does.
func TestStrangersDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	for origin, lines := range map[bridge.Origin]int{bridge.OriginUnknown: 0, bridge.OriginUser: 1} {
		f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Router = refuse(bridge.Cause{Status: 404}) })
		asked := request(bridgetest.PCMU())
		asked.Origin = origin
		f.Accept(bridgetest.NewIncoming(asked, bridge.LegInfo{}))
		f.observer.AwaitEnded(t)
		f.shutDown(t)
		if got := strings.Count(f.log.String(), "\n"); got != lines {
			t.Errorf("%d log lines for origin %d, want %d", got, origin, lines)
		}
		if strings.Contains(f.log.String(), "_media") {
			t.Errorf("the log has media that there were none of: %s", f.log)
		}
	}
}

func TestCallsAreSorted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 5 {
		f.call(t)
	}
	calls := f.Calls()
	for i := 1; i < len(calls); i++ {
		if calls[i].Started.Before(calls[i-1].Started) {
			t.Errorf("call %d is older than the one before it", i)
		}
	}
}

// A fault in the program ends the call it happens in, with 500, and no other.
func TestPanicEndsOneCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other, otherCallee := f.answered(t)
	caller, callee := f.call(t)
	caller.OnCommand = func(command bridgetest.Command) {
		if _, ok := command.(bridgetest.Ring); ok {
			panic("broken leg")
		}
	}
	callee.Emit(bridge.Ringing{})
	for _, leg := range []*bridgetest.Leg{caller.Leg, callee.Leg} {
		if got := bridgetest.Await[bridgetest.Hangup](t, leg).Cause; got.Status != 500 {
			t.Errorf("%s was told %+v, want 500", leg.Info().ID, got)
		}
	}
	f.observer.AwaitEnded(t)
	if stats := f.Stats(); stats.Panics != 1 {
		t.Errorf("%d panics counted, want 1", stats.Panics)
	}
	passes(t, other.Leg, otherCallee.Leg, 0)
}

func TestPanicInHangup(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.phone.Prepare = func(d bridgetest.Dialled) {
		d.OnCommand = func(bridgetest.Command) { panic("broken leg") }
	}
	caller, _ := f.call(t)
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	f.observer.AwaitEnded(t)
	if stats := f.Stats(); stats.Panics != 1 {
		t.Errorf("%d panics counted, want 1", stats.Panics)
	}
}

// An Exchange needs no Run to make calls; Run only ends them.
func TestRunAfterAccept(t *testing.T) {
	t.Parallel()
	phone := bridgetest.NewEndpoint("phone")
	exchange := bridge.NewExchange(bridge.ExchangeOptions{Router: bridgetest.RouteTo(phone)})
	caller := bridgetest.NewIncoming(request(bridgetest.PCMU()), bridge.LegInfo{})
	exchange.Accept(caller)
	phone.AwaitDial(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := exchange.Run(ctx); err != nil {
		t.Error(err)
	}
	bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
}
