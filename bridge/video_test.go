package bridge_test

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// video is a format of pictures.
func video(name string, payloadType uint8, parameters string) transcode.Format {
	return transcode.Format{
		Codec: transcode.Codec{Name: name, ClockRate: 90000}, PayloadType: payloadType, Parameters: parameters,
	}
}

// withVideo is PCMU and pictures.
func withVideo(direction bridge.Direction, formats ...transcode.Format) bridge.Description {
	description := bridgetest.Audio(bridgetest.PCMU())
	description.Media = append(description.Media, bridge.MediaDescription{
		Kind: transcode.Video, Direction: direction, Formats: formats,
	})
	return description
}

// seen places a call with pictures and answers it with VP8, which the callee numbers 97.
func (f *fixture) seen(t *testing.T) (*bridgetest.Incoming, bridgetest.Dialled) {
	t.Helper()
	asked := request(bridgetest.PCMU())
	asked.Offer = new(withVideo(bridge.SendRecv, video("VP8", 96, ""), video("H264", 102, "packetization-mode=1")))
	caller, callee := f.callWith(t, asked)
	callee.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, video("VP8", 97, ""))})
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	if pictures, ok := answer.First(transcode.Video); !ok || pictures.Formats[0].PayloadType != 96 {
		t.Fatalf("the caller is answered %+v", answer)
	}
	return caller, callee
}

// sees delivers a picture's packet of one party and gives what the other one gets.
func sees(t *testing.T, from, to *bridgetest.Leg, payloadType uint8) *rtp.Packet {
	t.Helper()
	before := len(to.FakeMedia().Sent(transcode.Video))
	from.FakeMedia().AwaitPlugged(t, transcode.Video)
	packet := &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: 1, SSRC: 1, Marker: true},
		Payload: make([]byte, 1200),
	}
	if _, err := from.FakeMedia().Deliver(transcode.Video, packet); err != nil {
		t.Fatal(err)
	}
	return to.FakeMedia().AwaitSent(t, transcode.Video, before+1)[before]
}

// TestPicturesPass joins the pictures of both parties, asks both for a full one, and lets hold stop them.
func TestPicturesPass(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.seen(t)
	for _, leg := range []*bridgetest.Leg{caller.Leg, callee.Leg} {
		if bridgetest.Count[bridgetest.AskKeyframe](leg) == 0 {
			t.Error("no full picture was asked for")
		}
	}
	if got := sees(t, caller.Leg, callee.Leg, 96); got.PayloadType != 97 || !got.Marker || len(got.Payload) != 1200 {
		t.Errorf("the callee sees %v", got)
	}
	if got := sees(t, callee.Leg, caller.Leg, 97); got.PayloadType != 96 {
		t.Errorf("the caller sees %v", got)
	}
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	callee.FakeMedia().AwaitUnplugged(t, transcode.Video)
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	sees(t, callee.Leg, caller.Leg, 97)
}

// TestMissingPicturesAreAskedFor asks a party for a full picture when packets of its own are missing, though nobody
// else asks, and tells how long there was none.
func TestMissingPicturesAreAskedFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.seen(t)
	caller.FakeMedia().AwaitPlugged(t, transcode.Video)
	sends := func(number uint16, content ...byte) {
		header := rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: number, SSRC: 1, Marker: true}
		if _, err := caller.FakeMedia().Deliver(transcode.Video, &rtp.Packet{Header: header, Payload: content}); err != nil {
			t.Fatal(err)
		}
	}
	sends(1, 0x10, 0)
	before := bridgetest.Count[bridgetest.AskKeyframe](caller.Leg)
	next := uint16(3) // 2 is lost
	bridgetest.Eventually(t, "a full picture to be asked for", func() bool {
		sends(next, 0x10, 1)
		next++
		return bridgetest.Count[bridgetest.AskKeyframe](caller.Leg) > before
	})
	sends(next, 0x10, 0)
	callee.Emit(bridge.Ended{Cause: bridge.Cause{Status: 200}})
	if broken := f.observer.AwaitEnded(t).CallerMedia.Broken; broken < 100*time.Millisecond {
		t.Errorf("no picture could be decoded for %v", broken)
	}
}

// TestPicturesWithoutACommonCodec refuses them and lets the sound go on.
func TestPicturesWithoutACommonCodec(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	asked := request(bridgetest.PCMU())
	asked.Offer = new(withVideo(bridge.SendRecv, video("VP8", 96, "")))
	caller, callee := f.callWith(t, asked)
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	if len(answer.Media) != 2 || !answer.Media[1].Refused() || answer.Media[1].Kind != transcode.Video {
		t.Errorf("the caller is answered %+v", answer)
	}
	passes(t, caller.Leg, callee.Leg, 0)
	if caller.FakeMedia().Plugged(transcode.Video) {
		t.Error("refused pictures are received")
	}
}

// TestAudioOnly offers and answers no pictures if they are switched off.
func TestAudioOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Policy.AudioOnly = true })
	asked := request(bridgetest.PCMU())
	asked.Offer = new(withVideo(bridge.SendRecv, video("VP8", 96, "")))
	caller, callee := f.callWith(t, asked)
	if _, ok := callee.Request.Offer.First(transcode.Video); ok {
		t.Error("pictures were offered")
	}
	callee.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
}

// TestPicturesAdded makes an offer that adds pictures to the other party before it is answered, and takes them away
// again.
func TestPicturesAdded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.answered(t)
	caller.Emit(bridge.Offered{Offer: withVideo(bridge.SendOnly, video("VP8", 96, ""))})
	crossed := bridgetest.Await[bridgetest.Offer](t, callee.Leg).Offer
	if pictures, ok := crossed.First(transcode.Video); !ok || pictures.Direction != bridge.SendOnly {
		t.Errorf("the callee is offered %+v", crossed)
	}
	callee.Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.PCMA())})
	if refused := bridgetest.Await[bridgetest.Refuse](t, callee.Leg); refused.Cause.Status != 491 {
		t.Errorf("an offer that crosses another one gets %v", refused.Cause)
	}
	callee.Emit(bridge.Accepted{Answer: withVideo(bridge.RecvOnly, video("VP8", 97, ""))})
	answer := bridgetest.Await[bridgetest.Accept](t, caller.Leg).Answer
	if pictures, ok := answer.First(transcode.Video); !ok || pictures.Direction != bridge.RecvOnly {
		t.Errorf("the caller is answered %+v", answer)
	}
	sees(t, caller.Leg, callee.Leg, 96)
	if callee.FakeMedia().Plugged(transcode.Video) {
		t.Error("the caller wants no pictures, and they are received")
	}

	caller.Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Accept](t, caller.Leg)
	crossed = bridgetest.Await[bridgetest.Offer](t, callee.Leg).Offer
	if _, ok := crossed.First(transcode.Video); ok {
		t.Errorf("the callee is offered %+v", crossed)
	}
	callee.Emit(bridge.Accepted{Answer: bridgetest.Audio(bridgetest.PCMU())})
	passes(t, caller.Leg, callee.Leg, 0)
	caller.FakeMedia().AwaitUnplugged(t, transcode.Video)
}

// TestPicturesAddedAndRefused goes on with the sound, whether the other party refuses all of the offer or the pictures.
func TestPicturesAddedAndRefused(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]bridge.Event{
		"refused":  bridge.Refused{Cause: bridge.Cause{Status: 488}},
		"answered": bridge.Accepted{Answer: bridgetest.Audio(bridgetest.PCMU())},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller, callee := newFixture(t).answered(t)
			caller.Emit(bridge.Offered{Offer: withVideo(bridge.SendRecv, video("VP8", 96, ""))})
			bridgetest.Await[bridgetest.Offer](t, callee.Leg)
			callee.Emit(reply)
			answer := bridgetest.Await[bridgetest.Accept](t, caller.Leg).Answer
			if _, ok := answer.First(transcode.Video); ok || len(answer.Media) != 2 {
				t.Errorf("the caller is answered %+v", answer)
			}
		})
	}
}

// TestPicturesAddedTooLate takes pictures back that the other party accepts when nobody waits for them any more.
func TestPicturesAddedTooLate(t *testing.T) {
	t.Parallel()
	caller, callee := newFixture(t).answered(t)
	caller.Emit(bridge.Offered{Offer: withVideo(bridge.SendRecv, video("VP8", 96, ""))})
	bridgetest.Await[bridgetest.Offer](t, callee.Leg)
	caller.Emit(bridge.Accepted{Answer: bridgetest.Audio(bridgetest.PCMU())}) // the leg has refused it by itself
	bridgetest.Eventually(t, "the call has read it", func() bool { return len(caller.Events()) == 0 })
	callee.Emit(bridge.Accepted{Answer: withVideo(bridge.SendRecv, video("VP8", 97, ""))})
	crossed := bridgetest.Await[bridgetest.Offer](t, callee.Leg).Offer
	if _, ok := crossed.First(transcode.Video); ok {
		t.Errorf("the callee is offered %+v", crossed)
	}
	if bridgetest.Count[bridgetest.Accept](caller.Leg) != 0 {
		t.Error("an offer was answered twice")
	}
}

// TestPicturesRemovedAndAddedAtOnce leaves both parties without pictures if one took them away and wants them back
// before the other one has agreed to that.
func TestPicturesRemovedAndAddedAtOnce(t *testing.T) {
	t.Parallel()
	caller, callee := newFixture(t).seen(t)
	caller.Emit(bridge.Offered{Offer: bridgetest.Audio(bridgetest.PCMU())})
	bridgetest.Await[bridgetest.Accept](t, caller.Leg)
	bridgetest.Await[bridgetest.Offer](t, callee.Leg)
	caller.Emit(bridge.Offered{Offer: withVideo(bridge.SendRecv, video("VP8", 96, ""))})
	bridgetest.Await[bridgetest.Accept](t, caller.Leg)
	callee.Emit(bridge.Accepted{Answer: bridgetest.Audio(bridgetest.PCMU())})
	offer := bridgetest.Await[bridgetest.Offer](t, caller.Leg).Offer
	if _, ok := offer.First(transcode.Video); ok {
		t.Errorf("the caller is offered %+v", offer)
	}
}

// TestCameraSwitchedOff tells the other party by a new offer.
func TestCameraSwitchedOff(t *testing.T) {
	t.Parallel()
	caller, callee := newFixture(t).seen(t)
	caller.Emit(bridge.Offered{Offer: withVideo(bridge.RecvOnly, video("VP8", 96, ""))})
	bridgetest.Await[bridgetest.Accept](t, caller.Leg)
	crossed := bridgetest.Await[bridgetest.Offer](t, callee.Leg).Offer
	if pictures, _ := crossed.First(transcode.Video); pictures.Direction != bridge.RecvOnly {
		t.Errorf("the callee is offered %+v", crossed)
	}
	caller.FakeMedia().AwaitUnplugged(t, transcode.Video)
	callee.Emit(bridge.Accepted{Answer: withVideo(bridge.SendOnly, video("VP8", 97, ""))})
	sees(t, callee.Leg, caller.Leg, 97)
}

// TestCameraSwitchedOn tells who added pictures that the other party, which only looked at them, shows some of its own.
func TestCameraSwitchedOn(t *testing.T) {
	t.Parallel()
	caller, callee := newFixture(t).answered(t)
	caller.Emit(bridge.Offered{Offer: withVideo(bridge.SendRecv, video("VP8", 96, ""))})
	bridgetest.Await[bridgetest.Offer](t, callee.Leg)
	callee.Emit(bridge.Accepted{Answer: withVideo(bridge.RecvOnly, video("VP8", 97, ""))})
	bridgetest.Await[bridgetest.Accept](t, caller.Leg)
	callee.Emit(bridge.Offered{Offer: withVideo(bridge.SendRecv, video("VP8", 97, ""))})
	bridgetest.Await[bridgetest.Accept](t, callee.Leg)
	crossed := bridgetest.Await[bridgetest.Offer](t, caller.Leg).Offer
	if pictures, _ := crossed.First(transcode.Video); pictures.Direction != bridge.SendRecv {
		t.Errorf("the caller is offered %+v", crossed)
	}
	caller.Emit(bridge.Accepted{Answer: withVideo(bridge.SendRecv, video("VP8", 96, ""))})
	sees(t, callee.Leg, caller.Leg, 97)
}

// TestHoldWithPictures holds that a party that holds both sound and pictures gets both back, whatever its leg tells
// of a changed payload type meanwhile.
func TestHoldWithPictures(t *testing.T) {
	t.Parallel()
	caller, callee := newFixture(t).seen(t)
	held := withVideo(bridge.Inactive, video("VP8", 99, ""))
	held.Media[0].Direction = bridge.SendOnly
	callee.Emit(bridge.Accepted{Answer: held})
	callee.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	caller.FakeMedia().AwaitUnplugged(t, transcode.Video)
	callee.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	if got := sees(t, caller.Leg, callee.Leg, 96); got.PayloadType != 99 {
		t.Errorf("the callee sees %v", got)
	}
	sees(t, callee.Leg, caller.Leg, 99)
}

// TestTransferWithPictures joins the transferee's pictures to a target that has some, and takes them out of the call
// with one that has none.
func TestTransferWithPictures(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]bridge.Description{
		"seen": withVideo(bridge.SendRecv, video("VP8", 98, "")), "only heard": bridgetest.Audio(bridgetest.PCMU()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			caller, callee := f.seen(t)
			target := f.blind(t, caller.Leg)
			if _, ok := target.Request.Offer.First(transcode.Video); !ok {
				t.Errorf("the target is offered %+v", target.Request.Offer)
			}
			target.Emit(bridge.Answered{Answer: answer})
			progress(t, caller.Leg, 200)
			if name == "seen" {
				if got := sees(t, callee.Leg, target.Leg, 97); got.PayloadType != 98 {
					t.Errorf("the target sees %v", got)
				}
				return
			}
			offer := bridgetest.Await[bridgetest.Offer](t, callee.Leg).Offer
			if _, ok := offer.First(transcode.Video); ok {
				t.Errorf("the transferee is offered %+v", offer)
			}
		})
	}
}

// TestReloadedPageSeesAgain gives the pictures to the leg that takes the place of a page's, and asks for a full one.
func TestReloadedPageSeesAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.seen(t)
	before := bridgetest.Count[bridgetest.AskKeyframe](callee.Leg)
	page := comeBack(f, "alice@test", caller.Info().Dialog, new(withVideo(bridge.SendRecv, video("VP8", 120, ""))))
	bridgetest.Await[bridgetest.Answer](t, page.Leg)
	if got := sees(t, callee.Leg, page.Leg, 97); got.PayloadType != 120 {
		t.Errorf("the page sees %v", got)
	}
	sees(t, page.Leg, callee.Leg, 120)
	if bridgetest.Count[bridgetest.AskKeyframe](callee.Leg) <= before {
		t.Error("nobody is asked for a full picture")
	}
	if bridgetest.Count[bridgetest.Offer](callee.Leg) != 0 {
		t.Error("the far leg noticed")
	}
}

// TestParameterSetsComeIntoTheStream holds that what a phone, caller or callee, says of its stream only in its SDP
// reaches the other party with the first picture.
func TestParameterSetsComeIntoTheStream(t *testing.T) {
	t.Parallel()
	const plain = "profile-level-id=42c01f;packetization-mode=1"
	phone := video("H264", 97, plain+";sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==")
	asked := request(bridgetest.PCMU())
	asked.Offer = new(withVideo(bridge.SendRecv, phone))
	caller, callee := newFixture(t).callWith(t, asked)
	answer := phone
	answer.PayloadType = 98
	callee.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, answer)})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	for _, way := range [2]struct {
		from, to *bridgetest.Leg
		number   uint8
	}{{caller.Leg, callee.Leg, 97}, {callee.Leg, caller.Leg, 98}} {
		header := rtp.Header{Version: 2, PayloadType: way.number, SequenceNumber: 1, SSRC: 1, Marker: true}
		packet := &rtp.Packet{Header: header, Payload: []byte{0x65, 1}}
		if _, err := way.from.FakeMedia().Deliver(transcode.Video, packet); err != nil {
			t.Fatal(err)
		}
		if got := way.to.FakeMedia().Sent(transcode.Video); len(got) != 3 || got[0].Payload[0] != 0x67 || got[0].Marker {
			t.Errorf("from %d came %v", way.number, got)
		}
	}
}
