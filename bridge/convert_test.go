//go:build video

package bridge_test

import (
	"slices"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// TestPicturesOfNoCommonCodec offers a codec that the caller lacks, and makes the pictures of each party into those of
// the other one; but only if there is a place for both ways.
func TestPicturesOfNoCommonCodec(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limit   *transcode.PictureLimit
		offered bool
		refused uint64
	}{
		"places":    {transcode.NewPictureLimit(2), true, 0},
		"one place": {transcode.NewPictureLimit(1), false, 1},
		"none":      {nil, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Policy.Pictures = test.limit })
			asked := request(bridgetest.PCMU())
			asked.Offer = new(withVideo(bridge.SendRecv, video("VP8", 96, "")))
			caller, callee := f.callWith(t, asked)
			offered, _ := callee.Request.Offer.First(transcode.Video)
			if has := len(offered.Formats) > 1 && offered.Formats[1].Name == "H264"; has != test.offered {
				t.Fatalf("offered %+v", offered.Formats)
			}
			h264 := video("H264", 102, "profile-level-id=42e01f;packetization-mode=1;sprop-parameter-sets=Z0IACg==")
			callee.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, h264)})
			answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
			answered, ok := answer.First(transcode.Video)
			if ok != test.offered || ok && (answered.Formats[0].Name != "VP8" || answered.Orientation) {
				t.Fatalf("answered %+v", answer)
			}
			if test.limit.Refused() != test.refused {
				t.Errorf("%d refusals are counted, want %d", test.limit.Refused(), test.refused)
			}
			if !ok {
				withoutPictures(t, answer, bridgetest.Await[bridgetest.Offer](t, callee.Leg).Offer)
				return
			}
			caller.FakeMedia().AwaitPlugged(t, transcode.Video)
			callee.FakeMedia().AwaitPlugged(t, transcode.Video)
			if test.limit.Running() != 2 {
				t.Errorf("%d streams are transcoded", test.limit.Running())
			}
			callee.Emit(bridge.Ended{Cause: bridge.Cause{Status: 200}})
			bridgetest.Await[bridgetest.Hangup](t, caller.Leg)
			caller.Emit(bridge.Ended{Cause: bridge.Cause{Status: 200}})
			bridgetest.Eventually(t, "the places to be given back", func() bool { return test.limit.Running() == 0 })
		})
	}
}

// withoutPictures checks that a call goes on with its sound: the caller's are refused, in their section, and the
// callee is asked to do without.
func withoutPictures(t *testing.T, answer, offer bridge.Description) {
	t.Helper()
	if len(answer.Media) != 2 || answer.Media[0].Refused() || !answer.Media[1].Refused() {
		t.Errorf("the caller is answered %+v", answer)
	}
	if sound, ok := offer.Leading(); len(offer.Media) != 1 || !ok || sound.Kind != transcode.Audio {
		t.Errorf("the callee is offered %+v", offer)
	}
}

// TestPicturesAreConvertedFromWhatCanBe answers the codec that can be converted to a page that would rather have
// another one, and none to a page that has only others.
func TestPicturesAreConvertedFromWhatCanBe(t *testing.T) {
	t.Parallel()
	vp8, vp9, av1 := video("VP8", 96, ""), video("VP9", 98, "profile-id=0"), video("AV1", 45, "profile=0")
	for name, test := range map[string]struct {
		has  []transcode.Format
		want string
	}{
		"VP9 first": {[]transcode.Format{vp9, av1, vp8}, "VP8"},
		"AV1 first": {[]transcode.Format{av1, vp8, vp9}, "VP8"},
		"only VP9":  {[]transcode.Format{vp9}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Policy.Pictures = transcode.NewPictureLimit(2) })
			asked := request(bridgetest.PCMU())
			asked.Offer = new(withVideo(bridge.SendRecv, test.has...))
			caller, callee := f.callWith(t, asked)
			offered, _ := callee.Request.Offer.First(transcode.Video)
			has := func(format transcode.Format) bool { return format.Name == "H264" }
			if slices.ContainsFunc(offered.Formats, has) != (test.want != "") {
				t.Errorf("offered %+v", offered)
			}
			callee.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, video("H264", 102, "packetization-mode=1"))})
			answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
			if test.want != "" {
				showsVP8(t, answer, bridge.SendRecv)
				return
			}
			withoutPictures(t, answer, bridgetest.Await[bridgetest.Offer](t, callee.Leg).Offer)
		})
	}
}

// TestPicturesOfNoCommonProfile joins one who has only High to one who has only Baseline: pictures are made for the one
// who can decode less, and those of the other pass.
func TestPicturesOfNoCommonProfile(t *testing.T) {
	t.Parallel()
	limit := transcode.NewPictureLimit(2)
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Policy.Pictures = limit })
	asked := request(bridgetest.PCMU())
	asked.Offer = new(withVideo(bridge.SendRecv, video("H264", 97, "profile-level-id=64001f;packetization-mode=1")))
	caller, callee := f.callWith(t, asked)
	offered, _ := callee.Request.Offer.First(transcode.Video)
	single := video("H264", 98, "profile-level-id=42801f")
	if !slices.ContainsFunc(offered.Formats, single.Fits) {
		t.Fatalf("offered %+v", offered.Formats)
	}
	callee.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, single)})
	answer := bridgetest.Await[bridgetest.Answer](t, caller.Leg).Answer
	answered, ok := answer.First(transcode.Video)
	if !ok || answered.Formats[0].Parameters != "profile-level-id=64001f;packetization-mode=1" {
		t.Fatalf("answered %+v", answer)
	}
	sees(t, callee.Leg, caller.Leg, 98)
	caller.FakeMedia().AwaitPlugged(t, transcode.Video)
	if limit.Running() != 1 || limit.Refused() != 0 {
		t.Errorf("%d streams are transcoded, %d refused", limit.Running(), limit.Refused())
	}
}

// TestConvertedPicturesKeepTheirPlaces lets a party switch its camera off and on, and come back on another leg, when
// its own call has all places.
func TestConvertedPicturesKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	limit := transcode.NewPictureLimit(2)
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Policy.Pictures = limit })
	asked := request(bridgetest.PCMU())
	asked.Offer = new(withVideo(bridge.SendRecv, video("VP8", 96, "")))
	caller, callee := f.callWith(t, asked)
	callee.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, video("H264", 102, "packetization-mode=1"))})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	callee.FakeMedia().AwaitPlugged(t, transcode.Video)
	for _, camera := range []struct{ offered, answered bridge.Direction }{
		{bridge.RecvOnly, bridge.SendOnly}, {bridge.SendRecv, bridge.SendRecv},
	} {
		caller.Emit(bridge.Offered{Offer: withVideo(camera.offered, video("VP8", 96, ""))})
		showsVP8(t, bridgetest.Await[bridgetest.Accept](t, caller.Leg).Answer, camera.answered)
	}
	page := comeBack(f, "alice@test", caller.Info().Dialog, asked.Offer)
	showsVP8(t, bridgetest.Await[bridgetest.Answer](t, page.Leg).Answer, bridge.SendRecv)
	page.FakeMedia().AwaitPlugged(t, transcode.Video)
	bridgetest.Eventually(t, "both ways to be transcoded", func() bool { return limit.Running() == 2 })
}

// showsVP8 checks that pictures are answered, in one direction or both.
func showsVP8(t *testing.T, answer bridge.Description, direction bridge.Direction) {
	t.Helper()
	pictures, ok := answer.First(transcode.Video)
	if !ok || pictures.Formats[0].Name != "VP8" || pictures.Direction != direction {
		t.Fatalf("answered %+v, want VP8 %v", answer, direction)
	}
}

// TestPicturesOfACommonCodecPass transcodes nothing where parties have a codec in common, and counts no refusal when
// there was no place for another one.
func TestPicturesOfACommonCodecPass(t *testing.T) {
	t.Parallel()
	limit := transcode.NewPictureLimit(1)
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Policy.Pictures = limit })
	asked := request(bridgetest.PCMU())
	asked.Offer = new(withVideo(bridge.SendRecv, video("VP8", 96, "")))
	caller, callee := f.callWith(t, asked)
	callee.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, video("VP8", 97, ""))})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	sees(t, caller.Leg, callee.Leg, 96)
	if limit.Running() != 0 || limit.Refused() != 0 {
		t.Errorf("%d streams are transcoded, %d were refused", limit.Running(), limit.Refused())
	}
}

// TestTransferOfConvertedPictures offers the target of a transfer what the pictures can be made into, when the call
// itself has all places.
func TestTransferOfConvertedPictures(t *testing.T) {
	t.Parallel()
	limit := transcode.NewPictureLimit(2)
	f := newFixture(t, func(o *bridge.ExchangeOptions) { o.Policy.Pictures = limit })
	asked := request(bridgetest.PCMU())
	asked.Offer = new(withVideo(bridge.SendRecv, video("VP8", 96, "")))
	caller, callee := f.callWith(t, asked)
	callee.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, video("H264", 102, "packetization-mode=1"))})
	bridgetest.Await[bridgetest.Answer](t, caller.Leg)
	callee.FakeMedia().AwaitPlugged(t, transcode.Video)
	target := f.blind(t, callee.Leg)
	offered, _ := target.Request.Offer.First(transcode.Video)
	if len(offered.Formats) != 3 || offered.Formats[0].Name != "VP8" || offered.Formats[1].Name != "H264" {
		t.Fatalf("the target is offered %+v", offered)
	}
	target.Emit(bridge.Answered{Answer: withVideo(bridge.SendRecv, video("H264", 103, "packetization-mode=1"))})
	progress(t, callee.Leg, 200)
	caller.FakeMedia().AwaitPlugged(t, transcode.Video)
	target.FakeMedia().AwaitPlugged(t, transcode.Video)
	bridgetest.Eventually(t, "both ways to be transcoded", func() bool { return limit.Running() == 2 })
	if limit.Refused() != 0 || bridgetest.Count[bridgetest.Offer](caller.Leg) != 0 {
		t.Errorf("%d refusals; the transferee got an offer", limit.Refused())
	}
}
