package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
)

// TestOpusIsMadeAsTheReceiverAsks holds that a party gets Opus of no higher bit rate than it asks for, whoever called,
// and that what we ask of its own sound (20 kbit/s toward G.711) says nothing of ours.
func TestOpusIsMadeAsTheReceiverAsks(t *testing.T) {
	t.Parallel()
	asking := func(wishes string) bridge.Description {
		description := bridgetest.Audio(bridgetest.Opus())
		description.Media[0].Wishes = wishes
		return description
	}
	for name, test := range map[string]struct {
		wishes string
		celt   bool // which takes 32 kbit/s
	}{
		"any":      {"minptime=10;useinbandfec=1", true},
		"bit rate": {"minptime=10;useinbandfec=1;maxaveragebitrate=20000", false},
		"silence":  {"usedtx=1", false},
	} {
		f := newFixture(t)
		caller, callee := f.callWith(t, bridge.Request{To: "sip:bob@test", Offer: new(asking(test.wishes))})
		callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
		bridgetest.Await[bridgetest.Answer](t, caller.Leg)
		toCaller := passes(t, callee.Leg, caller.Leg, 0).Payload

		caller, callee = f.callWith(t, request(bridgetest.PCMU()))
		callee.Emit(bridge.Answered{Answer: asking(test.wishes)})
		bridgetest.Await[bridgetest.Answer](t, caller.Leg)
		toCallee := passes(t, caller.Leg, callee.Leg, 0).Payload

		for _, payload := range [][]byte{toCaller, toCallee} {
			const celt = 16 // the first of its configurations (RFC 6716 section 3.1, table 2)
			if got := payload[0]>>3 >= celt; got != test.celt {
				t.Errorf("%s: made by CELT: %t", name, got)
			}
		}
	}
}
