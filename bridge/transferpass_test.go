package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// viaTrunk is an answered call to a party at a trunk that can be asked to call somebody else.
func viaTrunk(t *testing.T, change ...func(*bridge.LegInfo)) (*fixture, *bridgetest.Leg, *bridgetest.Leg) {
	t.Helper()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.PassTransfers = true })
	f.phone.Prepare = func(leg bridgetest.Dialled) {
		info := leg.Info()
		info.Origin, info.Trunk, info.Refers = bridge.OriginUpstream, "carrier", true
		for _, c := range change {
			c(&info)
		}
		leg.SetInfo(info)
	}
	caller, callee := f.answered(t)
	return f, caller.Leg, callee.Leg
}

func TestTransferIsPassedOn(t *testing.T) {
	t.Parallel()
	f, referrer, trunk := viaTrunk(t)
	referrer.Emit(referTo("sip:carol@test"))
	progress(t, referrer, 100)
	if got := bridgetest.Await[bridgetest.Refer](t, trunk).Referral; got.Target != "sip:carol@test" ||
		got.ReferredBy != "<sip:alice@test>" {
		t.Errorf("asked %+v", got)
	}
	trunk.Emit(bridge.Referred{Cause: bridge.Cause{Status: 100}})
	trunk.Emit(bridge.Referred{Cause: bridge.Cause{Status: 180}})
	progress(t, referrer, 180)
	trunk.Emit(bridge.Referred{Cause: bridge.Cause{Status: 200}})
	progress(t, referrer, 200)
	bridgetest.Await[bridgetest.Hangup](t, referrer)
	bridgetest.Await[bridgetest.Hangup](t, trunk)
	record := f.observer.AwaitEnded(t)
	if record.EndedBy != "bridge" || record.Cause.Status != 200 || record.Transfers[0].Status != 200 {
		t.Errorf("record %+v", record)
	}
	if f.phone.Dials() != 0 || f.Stats().Transferred != 1 {
		t.Errorf("%d dials, counted %+v", f.phone.Dials(), f.Stats())
	}
}

// What the trunk does not want to do is done here.
func TestTransferThatTheTrunkRefuses(t *testing.T) {
	t.Parallel()
	f, referrer, trunk := viaTrunk(t)
	referrer.Emit(referTo("sip:carol@test"))
	bridgetest.Await[bridgetest.Refer](t, trunk)
	trunk.Emit(bridge.Referred{Cause: bridge.Cause{Status: 405}})
	target := f.phone.AwaitDial(t)
	target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	progress(t, referrer, 100, 200)
	passes(t, trunk, target.Leg, 0)
	trunk.Emit(bridge.Referred{Cause: bridge.Cause{Status: 200}}) // late, and of no transfer
	passes(t, target.Leg, trunk, 0)
}

func TestPassedTransferFails(t *testing.T) {
	t.Parallel()
	f, referrer, trunk := viaTrunk(t)
	referrer.Emit(referTo("sip:carol@test"))
	bridgetest.Await[bridgetest.Refer](t, trunk)
	trunk.Emit(bridge.Referred{Cause: bridge.Cause{Status: 100}})
	trunk.Emit(bridge.Referred{Cause: bridge.Cause{Status: 486}})
	progress(t, referrer, 100, 486)
	passes(t, referrer, trunk, 0)
	if f.phone.Dials() != 0 {
		t.Error("the bridge called the target, too")
	}
}

// Only a trunk that said that it can is asked.
func TestTransferIsNotPassedOn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*bridge.LegInfo){
		"cannot":   func(info *bridge.LegInfo) { info.Refers = false },
		"no trunk": func(info *bridge.LegInfo) { info.Trunk = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, referrer, trunk := viaTrunk(t, change)
			target := f.blind(t, referrer)
			target.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
			progress(t, referrer, 200)
			if bridgetest.Count[bridgetest.Refer](trunk) != 0 {
				t.Error("it was asked")
			}
		})
	}
}
