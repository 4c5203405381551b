package bridge_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// board routes each call to one phone, but for forbidden URIs, and remembers what it was asked.
type board struct {
	phone     *bridgetest.Endpoint
	forbidden string

	mu    sync.Mutex
	asked []bridge.Request // guarded by mu
}

func (b *board) Route(request bridge.Request) ([]bridge.Target, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, request)
	if request.To == b.forbidden {
		return nil, bridge.Cause{Status: 403, Text: "Forbidden"}
	}
	return []bridge.Target{{Endpoint: b.phone, URI: request.To}}, nil
}

func (b *board) requests() []bridge.Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.asked)
}

// newBoard makes a fixture whose callees are devices of bob.
func newBoard(t *testing.T, forbidden string) (*fixture, *board) {
	t.Helper()
	phone := bridgetest.NewEndpointOf(bridge.LegInfo{User: "bob@test", Party: bridge.Party{URI: "sip:bob@test"}})
	routes := &board{phone: phone, forbidden: forbidden}
	f := newFixture(t, func(options *bridge.ExchangeOptions) { options.Router = routes })
	f.phone = phone
	return f, routes
}

// moved ends a callee with 302 to contacts.
func moved(contacts ...string) bridge.Ended {
	return bridge.Ended{Cause: bridge.Cause{Status: 302, Text: "Moved", Contacts: contacts}}
}

func TestRedirectionIsFollowed(t *testing.T) {
	t.Parallel()
	f, routes := newBoard(t, "sip:forbidden@test")
	asked := request(bridgetest.PCMU())
	asked.Headers = []bridge.Header{{Name: "Authorization", Value: "secret"}, {Name: "X-Ticket", Value: "1"}}
	caller, callee := f.callWith(t, asked)
	early := bridgetest.Audio(bridgetest.PCMU())
	callee.Emit(bridge.Ringing{Early: &early})
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	callee.Emit(moved("sip:forbidden@test", "sip:busy@test", "sip:carol@test"))
	busy := f.phone.AwaitDial(t)
	busy.Emit(bridge.Ended{Cause: bridge.Cause{Status: 486}})
	carol := f.phone.AwaitDial(t)
	carol.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMA())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	passes(t, caller.Leg, carol.Leg, 0)
	passes(t, carol.Leg, caller.Leg, 8)
	if busy.Request.To != "sip:busy@test" || carol.Request.To != "sip:carol@test" {
		t.Errorf("dialled %s and %s", busy.Request.To, carol.Request.To)
	}
	for _, asked := range routes.requests()[1:] {
		if asked.User != "bob@test" || asked.Origin != bridge.OriginUser || len(asked.Headers) != 1 {
			t.Errorf("the call to a contact of bob's is for %q, with %v", asked.User, asked.Headers)
		}
	}
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	f.observer.AwaitEnded(t)
	if count := f.Stats().Redirected; count != 2 {
		t.Errorf("%d redirections were counted", count)
	}
}

// TestRedirectionIsNotFollowed: then the caller hears nothing of it.
func TestRedirectionIsNotFollowed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		event  bridge.Ended
		status int
	}{
		"forbidden":       {moved("sip:forbidden@test"), 480},
		"where it was":    {moved("sip:bob@test"), 480},
		"nowhere":         {moved(), 480},
		"declined by 6xx": {bridge.Ended{Cause: bridge.Cause{Status: 603, Contacts: []string{"sip:carol@test"}}}, 603},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := newBoard(t, "sip:forbidden@test")
			caller, callee := f.call(t)
			callee.Emit(test.event)
			hangup := bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
			if hangup.Cause.Status != test.status {
				t.Errorf("the caller hears %v", hangup.Cause)
			}
			if f.phone.Dials() != 0 {
				t.Error("a contact was dialled")
			}
		})
	}
}

// TestEndlessRedirection comes to an end.
func TestEndlessRedirection(t *testing.T) {
	t.Parallel()
	f, _ := newBoard(t, "")
	caller, callee := f.call(t)
	callee.Emit(moved("sip:n0@test"))
	for i := range 5 {
		f.phone.AwaitDial(t).Emit(moved(fmt.Sprintf("sip:n%d@test", i+1)))
	}
	if hangup := bridgetest.Await[bridgetest.Hangup](t, caller.Leg); hangup.Cause.Status != 480 {
		t.Errorf("the caller hears %v", hangup.Cause)
	}
	if f.phone.Dials() != 0 {
		t.Error("a sixth contact was dialled")
	}
}

// TestCallerGivesUpAfterRedirection: the contact that rings is given up, too.
func TestCallerGivesUpAfterRedirection(t *testing.T) {
	t.Parallel()
	f, _ := newBoard(t, "")
	caller, callee := f.call(t)
	callee.Emit(moved("sip:carol@test"))
	carol := f.phone.AwaitDial(t)
	carol.Emit(bridge.Ringing{})
	bridgetest.Await[bridgetest.Ring](t, caller.Leg)
	caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 487}})
	bridgetest.Await[bridgetest.Hangup](t, carol.Leg)
	f.observer.AwaitEnded(t)
}

// TestTransferToARedirectingTarget follows it as a call would.
func TestTransferToARedirectingTarget(t *testing.T) {
	t.Parallel()
	f, routes := newBoard(t, "")
	caller, callee := f.call(t)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	callee.Emit(bridge.TransferAsked{Referral: bridge.Referral{Target: "sip:first@test"}})
	f.phone.AwaitDial(t).Emit(moved("sip:second@test"))
	second := f.phone.AwaitDial(t)
	second.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	progress(t, callee.Leg, 100, 200)
	passes(t, caller.Leg, second.Leg, 0)
	if last := routes.requests()[2]; last.To != "sip:second@test" || last.User != "bob@test" {
		t.Errorf("the transfer went to %s for %s", last.To, last.User)
	}
}

// TestTransferOfAHiddenCaller: the target is not shown who it is either.
func TestTransferOfAHiddenCaller(t *testing.T) {
	t.Parallel()
	f, _ := newBoard(t, "")
	asked := request(bridgetest.PCMU())
	asked.Private, asked.Asserted = true, bridge.Party{URI: "sip:+1555@far.test"}
	caller, callee := f.callWith(t, asked)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	target := f.blind(t, callee.Leg)
	if got := target.Request; !got.Private || got.Asserted != asked.Asserted {
		t.Errorf("the target is dialled with private %v, asserted %v", got.Private, got.Asserted)
	}
}
