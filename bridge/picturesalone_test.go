package bridge_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// videoAlone is pictures without sound.
func videoAlone(direction bridge.Direction, payloadType uint8) bridge.Description {
	return bridge.Description{Media: []bridge.MediaDescription{{
		Kind: transcode.Video, Direction: direction, Formats: []transcode.Format{video("VP8", payloadType, "")},
	}}}
}

// shown places a call of pictures alone, with a refused section of sound before them, and answers it.
func (f *fixture) shown(t *testing.T, offered, answered bridge.Direction) (*bridgetest.Incoming, bridgetest.Dialled) {
	t.Helper()
	asked := request(bridgetest.PCMU())
	offer := videoAlone(offered, 96)
	offer.Media = append([]bridge.MediaDescription{{Kind: transcode.Audio}}, offer.Media...)
	asked.Offer = &offer
	caller, callee := f.callWith(t, asked)
	if got := callee.Request.Offer; len(got.Media) != 1 || got.Media[0].Kind != transcode.Video ||
		got.Media[0].Direction != offered {
		t.Fatalf("the callee is offered %+v", got)
	}
	callee.Emit(bridge.Answered{Answer: videoAlone(answered, 97)})
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	if len(answer.Media) != 2 || !answer.Media[0].Refused() || answer.Media[1].Direction != answered {
		t.Fatalf("the caller is answered %+v", answer)
	}
	return caller, callee
}

// TestPicturesAlone joins parties that have no sound, one way and both, and lets hold stop the pictures.
func TestPicturesAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.shown(t, bridge.SendRecv, bridge.SendRecv)
	if got := sees(t, caller.Leg, callee.Leg, 96); got.PayloadType != 97 {
		t.Errorf("the callee sees %v", got)
	}
	sees(t, callee.Leg, caller.Leg, 97)
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendOnly})
	callee.FakeMedia().AwaitUnplugged(t, transcode.Video)
	if held := bridgetest.Await[bridgetest.SetDirection](t, callee.Leg).Direction; held != bridge.SendOnly {
		t.Errorf("the callee is told %s", held)
	}
	caller.Emit(bridge.DirectionChanged{Direction: bridge.SendRecv})
	sees(t, callee.Leg, caller.Leg, 97)
	caller.Emit(bridge.Ended{Cause: bridge.Normal()})
	if record := f.observer.AwaitEnded(t); record.CallerCodec != "VP8/90000" || record.CalleePath == "" {
		t.Errorf("recorded as %+v", record)
	}
}

// TestScreenShownAlone sends pictures one way.
func TestScreenShownAlone(t *testing.T) {
	t.Parallel()
	caller, callee := newFixture(t).shown(t, bridge.SendOnly, bridge.RecvOnly)
	sees(t, caller.Leg, callee.Leg, 96)
	if callee.FakeMedia().Plugged(transcode.Video) {
		t.Error("the caller wants no pictures, and they are received")
	}
	if bridgetest.Count[bridgetest.SetDirection](callee.Leg)+bridgetest.Count[bridgetest.Offer](callee.Leg) > 0 {
		t.Error("the callee is told what it knows")
	}
}

// TestPicturesAloneForAudioOnlyPhone refuses the caller what the phone refuses, however it says so.
func TestPicturesAloneForAudioOnlyPhone(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]bridge.Event{
		"refused":     bridge.Ended{Cause: bridge.Cause{Status: 488, Text: "Not Acceptable Here"}},
		"no pictures": bridge.Answered{Answer: bridge.Description{Media: []bridge.MediaDescription{{Kind: transcode.Video}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := request(bridgetest.PCMU())
			asked.Offer = new(videoAlone(bridge.SendRecv, 96))
			caller, callee := newFixture(t).callWith(t, asked)
			callee.Emit(reply)
			if got := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; got.Status != 488 {
				t.Errorf("the caller is told %v", got)
			}
		})
	}
}

// TestSoundAdded makes an offer that adds sound to pictures to the other party before it is answered, and takes the
// sound away again.
func TestSoundAdded(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]bridge.Description{
		"heard": withVideo(bridge.RecvOnly, video("VP8", 97, "")), "refused": videoAlone(bridge.RecvOnly, 97),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller, callee := newFixture(t).shown(t, bridge.SendOnly, bridge.RecvOnly)
			caller.Emit(bridge.Offered{Offer: withVideo(bridge.SendOnly, video("VP8", 96, ""))})
			crossed := bridgetest.Await[bridgetest.Offer](t, callee.Leg).Offer
			sound, _ := crossed.First(transcode.Audio)
			pictures, _ := crossed.First(transcode.Video)
			if sound.Direction != bridge.SendRecv || pictures.Direction != bridge.SendOnly ||
				pictures.Formats[0].PayloadType != 97 {
				t.Fatalf("the callee is offered %+v", crossed)
			}
			callee.Emit(bridge.Accepted{Answer: answer})
			accepted := bridgetest.Await[bridgetest.Accept](t, caller.Leg).Answer
			if accepted.Media[0].Refused() != (name == "refused") || accepted.Media[1].Direction != bridge.RecvOnly {
				t.Errorf("the caller is answered %+v", accepted)
			}
			sees(t, caller.Leg, callee.Leg, 96)
			if name == "refused" {
				return
			}
			passes(t, callee.Leg, caller.Leg, 0)
			alone := videoAlone(bridge.SendOnly, 96)
			alone.Media = append([]bridge.MediaDescription{{Kind: transcode.Audio}}, alone.Media...)
			caller.Emit(bridge.Offered{Offer: alone})
			crossed = bridgetest.Await[bridgetest.Offer](t, callee.Leg).Offer
			if _, ok := crossed.First(transcode.Audio); ok {
				t.Errorf("the callee is offered %+v", crossed)
			}
			caller.FakeMedia().AwaitUnplugged(t, transcode.Audio)
		})
	}
}

// TestTransferOfPicturesAlone joins whom it can join, and lets the call go on where the target only hears.
func TestTransferOfPicturesAlone(t *testing.T) {
	t.Parallel()
	for status, answer := range map[int]bridge.Description{
		200: videoAlone(bridge.SendRecv, 98), 488: bridgetest.Audio(bridgetest.PCMU()),
	} {
		f := newFixture(t)
		caller, callee := f.shown(t, bridge.SendRecv, bridge.SendRecv)
		target := f.blind(t, caller.Leg)
		target.Emit(bridge.Answered{Answer: answer})
		progress(t, caller.Leg, status)
		if status == 200 {
			sees(t, callee.Leg, target.Leg, 97)
		} else {
			sees(t, callee.Leg, caller.Leg, 97)
		}
	}
}

// TestReloadedPageShowsAgain gives the pictures alone to the leg that takes the place of a page's.
func TestReloadedPageShowsAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	caller, callee := f.shown(t, bridge.SendOnly, bridge.RecvOnly)
	page := comeBack(f, "alice@test", caller.Info().Dialog, new(videoAlone(bridge.SendOnly, 120)))
	bridgetest.Await[bridgetest.Answer](t, page.Leg)
	sees(t, page.Leg, callee.Leg, 120)
	if bridgetest.Count[bridgetest.Offer](callee.Leg) != 0 {
		t.Error("the far leg noticed")
	}
}
