package bridge_test

import (
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

func TestReferrerThatStaysIsHungUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.ReferrerHangup = time.Millisecond })
	caller, callee := f.answered(t)
	target := f.blind(t, caller.Leg)
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	progress(t, caller.Leg, 200)
	if cause := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; cause.Status != 200 {
		t.Errorf("told %+v", cause)
	}
	passes(t, callee.Leg, target.Leg, 0)
}

// Between the success and its BYE a referrer has nobody to talk to.
func TestReferrerAsksInVainAfterItsTransfer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.ReferrerHangup = time.Hour })
	caller, callee := f.answered(t)
	target := f.blind(t, caller.Leg)
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	progress(t, caller.Leg, 200)
	caller.Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.Opus())})
	if got := bridgetest.Await[bridgetest.Refuse](t, caller.Leg).Cause; got.Status != 481 {
		t.Errorf("refused with %+v, want 481", got)
	}
	caller.Emit(referTo("sip:dave@test"))
	progress(t, caller.Leg, 481)
	said := make(chan bridge.Cause, 1)
	caller.Emit(bridge.Told{Done: func(cause bridge.Cause) { said <- cause }})
	if cause := <-said; cause.Status != 481 {
		t.Errorf("a message is answered %+v", cause)
	}
	passes(t, callee.Leg, target.Leg, 0)
	callee.Emit(bridge.Ended{Cause: bridge.Normal()}) // the end of the call does not wait an hour
	bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
	f.observer.AwaitEnded(t)
}

func TestOneTransferAtATime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	target := f.blind(t, caller.Leg)
	caller.Emit(referTo("sip:dave@test"))
	progress(t, caller.Leg, 491)
	callee.Emit(referTo("sip:dave@test"))
	progress(t, callee.Leg, 491)
	target.Emit(bridge.Ended{Cause: bridge.Cause{Status: 486}})
	progress(t, caller.Leg, 486)
	second := f.blind(t, caller.Leg)
	second.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	progress(t, caller.Leg, 200)
	third := f.blind(t, callee.Leg) // and the other one may go, too
	third.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	progress(t, callee.Leg, 200)
	passes(t, second.Leg, third.Leg, 0)
}

func TestTransfersAreLimited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, _ := f.answered(t)
	refused := 0
	for range 40 {
		caller.Emit(referTo("sip:carol@test"))
		if bridgetest.Await[bridgetest.TransferProgress](t, caller.Leg).Cause.Status == 403 {
			refused++
			continue
		}
		f.phone.AwaitDial(t).Emit(bridge.Ended{Cause: bridge.Cause{Status: 486}})
		progress(t, caller.Leg, 486)
	}
	if refused != 8 {
		t.Errorf("%d were refused", refused)
	}
}

func TestTransferBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	callee.Emit(referTo("sip:carol@test"))
	progress(t, callee.Leg, 491)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
}

// A referrer that wants no reports still hears at once if there is no way.
func TestSilentTransfer(t *testing.T) {
	t.Parallel()
	var f *fixture
	f = newFixture(t, func(o *bridge.ExchangeOptions) {
		o.Router = bridgetest.RouterFunc(func(r bridge.Request) ([]bridge.Target, error) {
			if r.To == "sip:premium@test" {
				return nil, bridge.Cause{Status: 403}
			}
			return []bridge.Target{{Endpoint: f.phone, URI: r.To}}, nil
		})
	})
	caller, callee := f.answered(t)
	silent := referTo("sip:premium@test")
	silent.Referral.Silent = true
	caller.Emit(silent)
	progress(t, caller.Leg, 403)
	silent.Referral.Target = "sip:carol@test"
	caller.Emit(silent)
	progress(t, caller.Leg, 100)
	target := f.phone.AwaitDial(t)
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	reaches(t, callee.Leg, target.Leg, 0)
}
