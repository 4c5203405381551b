package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// answersAs lets a dialled leg answer under a name.
func answersAs(leg bridgetest.Dialled, name string) {
	who := leg.Info()
	who.Party.Name = name
	leg.SetInfo(who)
	leg.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
}

func introduced(t *testing.T, leg *bridgetest.Leg, want bridge.ConnectedIdentity) {
	t.Helper()
	if other := bridgetest.Await[bridgetest.Introduce](t, leg).Other; other != want {
		t.Errorf("%s is told %+v, want %+v", leg.Info().ID, other, want)
	}
}

// somebody is a party who has proved nothing.
func somebody(name, uri string) bridge.ConnectedIdentity {
	return bridge.ConnectedIdentity{Party: bridge.Party{Name: name, URI: uri}}
}

// TestIntroduced tells parties who the other one is: when it answers, and after a transfer.
func TestIntroduced(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	answersAs(callee, "Bob")
	introduced(t, caller.Leg, somebody("Bob", "sip:bob@test"))
	callee.Emit(referTo("sip:carol@test"))
	progress(t, callee.Leg, 100)
	target := f.phone.AwaitDial(t)
	answersAs(target, "")
	introduced(t, caller.Leg, somebody("", "sip:carol@test"))
	alice := somebody("Alice", "sip:alice@test")
	alice.Proved = true
	introduced(t, target.Leg, alice)
}

// TestIntroducedPrivately hides a caller who is not to be shown from whom it is transferred to.
func TestIntroducedPrivately(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	asked := request(bridgetest.PCMU())
	asked.Private = true
	_, callee := f.callWith(t, asked)
	answersAs(callee, "Bob")
	callee.Emit(referTo("sip:carol@test"))
	progress(t, callee.Leg, 100)
	target := f.phone.AwaitDial(t)
	answersAs(target, "")
	introduced(t, target.Leg, somebody("Anonymous", "sip:anonymous@anonymous.invalid"))
}

// TestIntroducedPrivateCallee hides a callee that does not want to be shown from whom it is transferred to.
func TestIntroducedPrivateCallee(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.call(t)
	answersAs(callee, "Bob")
	introduced(t, caller.Leg, somebody("Bob", "sip:bob@test"))
	caller.Emit(referTo("sip:carol@test"))
	progress(t, caller.Leg, 100)
	target := f.phone.AwaitDial(t)
	who := target.Info()
	who.Private = true
	target.SetInfo(who)
	answersAs(target, "Carol")
	introduced(t, callee.Leg, somebody("Anonymous", "sip:anonymous@anonymous.invalid"))
}

// TestReferrerThatHides is not named to whom it transfers, whatever it says itself.
func TestReferrerThatHides(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"", "<sip:alice@test>"} {
		for _, hides := range []bool{true, false} {
			f := newFixture(t)
			asked := request(bridgetest.PCMU())
			asked.Private = hides
			caller, callee := f.callWith(t, asked)
			answersAs(callee, "Bob")
			caller.Emit(bridge.TransferAsked{Referral: bridge.Referral{Target: "sip:carol@test", ReferredBy: by}})
			if got := f.phone.AwaitDial(t).Request.ReferredBy; (got == "") != hides {
				t.Errorf("hidden %v, says %q: the target hears of %q", hides, by, got)
			}
		}
	}
}

// TestIntroducedBranch tells the branch that has won, and no other.
func TestIntroducedBranch(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) {
		route := o.Router
		o.Router = bridgetest.RouterFunc(func(r bridge.Request) ([]bridge.Target, error) {
			targets, err := route.Route(r)
			if r.To == "sip:bob@test" {
				targets = append(targets, targets...)
			}
			return targets, err
		})
	})
	caller := bridgetest.NewIncoming(request(bridgetest.PCMU()), bridge.LegInfo{})
	f.Accept(caller)
	loser, winner := f.phone.AwaitDial(t), f.phone.AwaitDial(t)
	answersAs(winner, "Bob")
	introduced(t, caller.Leg, somebody("Bob", "sip:bob@test"))
	caller.Emit(referTo("sip:carol@test"))
	target := f.phone.AwaitDial(t)
	answersAs(target, "Carol")
	introduced(t, winner.Leg, somebody("Carol", "sip:carol@test"))
	if bridgetest.Count[bridgetest.Introduce](loser.Leg) > 0 {
		t.Error("the branch that lost is told")
	}
}
