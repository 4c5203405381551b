package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// bitrate is that of the pictures of a description.
func bitrate(description bridge.Description) uint64 {
	pictures, _ := description.First(transcode.Video)
	return pictures.Bitrate
}

// taking is a description of pictures that says how much of them is taken.
func taking(bitrate uint64, payloadType uint8) bridge.Description {
	description := withVideo(bridge.SendRecv, video("VP8", payloadType, ""))
	description.Media[1].Bitrate = bitrate
	return description
}

// TestBitRatesCross tells each party how much the other one takes of pictures, but never more than may be: in offer and
// answer, and while the call goes on.
func TestBitRatesCross(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ limit, caller, callee, toCallee, toCaller uint64 }{
		"nobody says anything": {0, 0, 0, 0, 0},
		"both say":             {0, 800, 300, 800, 300},
		"more than may be":     {500, 800, 300, 500, 300},
		"only we":              {500, 0, 0, 500, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Policy.PictureBitrate = test.limit })
			asked := request(bridgetest.PCMU())
			asked.Offer = new(taking(test.caller, 96))
			caller, callee := f.callWith(t, asked)
			if got := bitrate(*callee.Request.Offer); got != test.toCallee {
				t.Errorf("the callee is told %d, want %d", got, test.toCallee)
			}
			callee.Emit(bridge.Answered{Answer: taking(test.callee, 97)})
			if got := bitrate(bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer); got != test.toCaller {
				t.Errorf("the caller is told %d, want %d", got, test.toCaller)
			}
			callee.Emit(bridge.Offered{Offer: taking(test.callee, 97)})
			if got := bitrate(bridgetest.Await[bridgetest.Accept](t, callee.Leg).Answer); got != test.toCallee {
				t.Errorf("the callee is answered %d, want %d", got, test.toCallee)
			}
			callee.Emit(bridge.RateAsked{Bitrate: 200})
			if got := bridgetest.Await[bridgetest.LimitPictures](t, caller.Leg).Bitrate; got != 200 {
				t.Errorf("the caller is limited to %d", got)
			}
			caller.Emit(bridge.RateAsked{Bitrate: 1000}) // more than it took in its offer, and than may be
			want := uint64(1000)
			for _, limit := range []uint64{test.limit, test.caller} {
				if limit != 0 {
					want = min(want, limit)
				}
			}
			if got := bridgetest.Await[bridgetest.LimitPictures](t, callee.Leg).Bitrate; got != want {
				t.Errorf("the callee is limited to %d, want %d", got, want)
			}
		})
	}
}

// TestOrientationIsAgreedByBoth asks a party to tell how its pictures are turned only if the other one knows that, too.
func TestOrientationIsAgreedByBoth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ caller, callee, want bool }{
		{true, true, true}, {true, false, false}, {false, false, false},
	} {
		f := newFixture(t)
		asked := request(bridgetest.PCMU())
		asked.Offer = new(taking(0, 96))
		asked.Offer.Media[1].Orientation = test.caller
		caller, callee := f.callWith(t, asked)
		if offered, _ := callee.Request.Offer.First(transcode.Video); offered.Orientation != test.caller {
			t.Errorf("%+v: offered %+v", test, offered)
		}
		answer := taking(0, 97)
		answer.Media[1].Orientation = test.callee
		callee.Emit(bridge.Answered{Answer: answer})
		answered, _ := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer.First(transcode.Video)
		if answered.Orientation != test.want {
			t.Errorf("%+v: answered %+v", test, answered)
		}
	}
}

// TestOrientationAfterTransfer has a party turn its pictures itself from then on, by a new offer, when who takes the
// other one's place cannot.
func TestOrientationAfterTransfer(t *testing.T) {
	t.Parallel()
	for _, turns := range []bool{true, false} {
		f := newFixture(t)
		asked := request(bridgetest.PCMU())
		asked.Offer = new(turned(taking(0, 96), true))
		caller, callee := f.callWith(t, asked)
		callee.Emit(bridge.Answered{Answer: turned(taking(0, 97), true)})
		bridgetest.Await[bridgetest.Answer](t, caller.Leg)
		target := f.blind(t, callee.Leg)
		if offered, _ := target.Request.Offer.First(transcode.Video); !offered.Orientation {
			t.Errorf("the target is offered %+v", offered)
		}
		target.Emit(bridge.Answered{Answer: turned(taking(0, 98), turns)})
		progress(t, callee.Leg, 200)
		if turns {
			sees(t, caller.Leg, target.Leg, 96)
			if bridgetest.Count[bridgetest.Offer](caller.Leg) != 0 {
				t.Error("an offer that changes nothing was made")
			}
			continue
		}
		offer := bridgetest.Await[bridgetest.Offer](t, caller.Leg).Offer
		if offered, ok := offer.First(transcode.Video); !ok || offered.Orientation || offered.Direction != bridge.SendRecv {
			t.Errorf("the transferee is offered %+v", offered)
		}
		caller.Emit(bridge.Accepted{Answer: turned(taking(0, 96), false)})
		sees(t, caller.Leg, target.Leg, 96)
		if count := bridgetest.Count[bridgetest.Offer](caller.Leg); count != 1 {
			t.Errorf("%d offers were made", count)
		}
	}
}

// turned is a description whose pictures say how they are to be turned, or not.
func turned(description bridge.Description, is bool) bridge.Description {
	description.Media[1].Orientation = is
	return description
}
