package sipua

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/toll"
)

// fickle is a trunk that takes, refuses, challenges or ignores calls as it likes.
func fickle(p *peer, stop <-chan struct{}) {
	invites := map[string]*sip.Request{}
	for {
		var message sip.Message
		select {
		case message = <-p.sent:
		case <-stop:
			return
		}
		request, ok := message.(*sip.Request)
		if !ok {
			continue
		}
		switch request.Method {
		case sip.INVITE:
			invites[request.CallID().Value()] = request
			p.likes(request)
		case sip.CANCEL:
			p.respond(request, 200, "far", "")
			p.respond(invites[request.CallID().Value()], 487, "far", "")
		case sip.BYE:
			p.respond(request, 200, "", "")
		default: // an ACK
		}
	}
}

func (p *peer) likes(invite *sip.Request) {
	switch rand.IntN(6) {
	case 0:
		p.respond(invite, 486, "far", "")
	case 1:
		p.respond(invite, 200, "far", "sdp")
	case 2:
		p.respond(invite, 180, "far", "")
		p.respond(invite, 200, "far", "sdp")
	case 3:
		p.respond(invite, 183, "far", "sdp bad")
	case 4:
		p.respond(invite, 401, "far", "", askForCredentials)
	default:
		p.respond(invite, 180, "far", "")
	}
}

// TestTrunkCallsAreCountedExactly: however calls end, at once or late, by us or by the trunk, none stays counted.
func TestTrunkCallsAreCountedExactly(t *testing.T) {
	const calls = 150
	dialing, err := toll.New(toll.Options{
		Rules:  []toll.Rule{{Numbers: []string{"+"}, MaxCalls: calls / 3}},
		Trunks: map[string]toll.Limit{"carrier": {MaxCalls: calls / 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSetup(t, withTrunk(t, nil), func(options *Options, _ *Agent) { options.Dialing = dialing }, shortClock)
	carrier, stop := s.peer("UDP", carrierAddress), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { fickle(carrier, stop) })
	var legs sync.WaitGroup
	for range calls {
		leg := s.dialNumber("+49301")
		legs.Go(func() {
			time.Sleep(rand.N(20 * time.Millisecond)) // the moment is to be any
			leg.Hangup(bridge.Normal())
			for range leg.Events() { // until it has ended
			}
		})
	}
	legs.Wait()
	s.close()
	close(stop)
	running.Wait()
	if stats := dialing.Stats(); stats.Active != 0 || dialing.TrunkCalls("carrier") != 0 ||
		stats.Admitted+stats.OverUser+stats.OverTrunk != calls {
		t.Errorf("after %d calls it counts %+v", calls, stats)
	}
}
