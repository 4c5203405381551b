package bridge_test

import (
	"testing"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// FuzzCall plays any sequence of events on the legs of a forked call, each byte one event of one leg. Whatever comes:
// no panic, and in the end all legs are down.
func FuzzCall(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13})
	f.Add([]byte{17, 18, 33, 34, 1, 2, 40, 41, 42, 43, 44, 45, 46})
	f.Add([]byte{18, 34, 4, 20, 36, 6, 22, 38, 7, 23, 39, 15})
	f.Add([]byte{17, 33, 17, 34, 12, 28, 44, 31, 18})
	f.Add([]byte{31, 47, 15})
	f.Add([]byte{18, 11, 27, 4, 15, 20})
	f.Add([]byte{34, 47, 9, 10, 9, 10, 25, 26})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 64 {
			return
		}
		calls := newFork(t, 2, nil, func(o *bridge.ExchangeOptions) { o.Ring = 10 * time.Second })
		legs := []*bridgetest.Leg{calls.caller.Leg, calls.branches[0].Leg, calls.branches[1].Leg}
		for _, step := range script {
			legs[int(step>>4)%len(legs)].Emit(anyEvent(step & 15))
		}
		for _, leg := range legs { // a call whose referrer is gone would go on
			leg.Emit(bridge.Ended{Cause: bridge.Normal()})
		}
		calls.observer.AwaitEnded(t)
		calls.shutDown(t)
		for _, leg := range legs {
			if !leg.Ended() {
				t.Errorf("%s was left up", leg.Info().ID)
			}
		}
		if stats := calls.Stats(); stats.Panics != 0 || stats.Active != 0 || stats.Abandoned != 0 {
			t.Errorf("counted %+v: %s", stats, calls.log)
		}
	})
}

// anyEvent gives one of 16 events.
func anyEvent(number byte) bridge.Event {
	pcmu := bridgetest.Audio(bridgetest.PCMU())
	opus := bridgetest.AudioIn(bridge.SendOnly, bridgetest.Opus(), bridgetest.PCMA())
	nothing := bridge.Description{}
	return []bridge.Event{
		bridge.Ringing{},
		bridge.Ringing{Early: &pcmu},
		bridge.Answered{Answer: pcmu},
		bridge.Answered{Answer: nothing},
		bridge.Offered{Offer: opus},
		bridge.Offered{Offer: nothing},
		bridge.Accepted{Answer: opus},
		bridge.DirectionChanged{Direction: bridge.SendOnly},
		bridge.DirectionChanged{Direction: bridge.SendRecv},
		bridge.Pressed{Key: bridge.DTMF{Digit: '1'}},
		bridge.KeyframeAsked{},
		bridge.TransferAsked{Referral: bridge.Referral{Target: "sip:x@test"}},
		bridge.Ringing{Early: &opus},
		bridge.Parked{},
		bridge.Refused{},
		bridge.Ended{Cause: bridge.Cause{Status: 600}},
	}[number]
}
