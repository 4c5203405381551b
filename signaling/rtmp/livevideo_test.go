package rtmp_test

import (
	"os/exec"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/transcode"
)

// TestPublishedPictures: a stream with sound and pictures calls somebody, and is called by somebody who looks and by
// somebody who only listens.
func TestPublishedPictures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	client, stream := encoder(t, w, "live", "cam?to=phone")
	client.AwaitStatus("NetStream.Publish.Start")
	tags := pictureTags(t)
	client.Show(stream, 0, tags[0].Payload)
	speak(t, client, stream, 0x82, 0, 1)
	phone := w.phone.AwaitDial(t)
	if video, ok := phone.Request.Offer.First(transcode.Video); !ok || !avc().Fits(video.Formats[0]) {
		t.Fatalf("the phone is offered %+v", phone.Request.Offer)
	}
	phone.Emit(bridge.Answered{Answer: withVideo(bridgetest.Audio(bridgetest.PCMU()))})
	looking := withVideo(bridgetest.Audio(bridgetest.PCMU()))
	viewer := bridgetest.NewIncoming(bridge.Request{To: "sip:live-cam@test", Offer: &looking}, bridge.LegInfo{})
	w.exchange.Accept(viewer)
	listener := w.listen(t)
	viewer.FakeMedia().AwaitPlugged(t, transcode.Audio) // nothing comes from the phone's side
	bridgetest.Await[bridgetest.Answer](t, viewer.Leg)
	bridgetest.Await[bridgetest.Answer](t, listener.Leg)
	w.awaitAnswered(t, 3)
	for _, tag := range tags {
		client.Show(stream, tag.Timestamp, tag.Payload)
	}
	for _, each := range []*bridgetest.Media{phone.FakeMedia(), viewer.FakeMedia()} {
		bridgetest.Eventually(t, "all pictures are sent", func() bool {
			return len(pictures(each.Sent(transcode.Video))) == 50
		})
		if decoded := decodeAnnexB(t, pictures(each.Sent(transcode.Video))); decoded != 50 {
			t.Errorf("ffmpeg decodes %d pictures", decoded)
		}
	}
	if sent := listener.FakeMedia().Sent(transcode.Video); len(sent) > 0 {
		t.Errorf("who only listens is sent %d packets of pictures", len(sent))
	}
}

// TestPicturesAloneCall: a camera without a microphone calls, too, once it is clear that no sound comes.
func TestPicturesAloneCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	client, stream := encoder(t, w, "live", "cam?to=phone")
	client.AwaitStatus("NetStream.Publish.Start")
	tags := pictureTags(t)
	for _, tag := range tags {
		client.Show(stream, tag.Timestamp, tag.Payload)
	}
	phone := w.phone.AwaitDial(t)
	if offer := phone.Request.Offer; len(offer.Media) != 1 || !avc().Fits(offer.Media[0].Formats[0]) {
		t.Fatalf("the phone is offered %+v", offer)
	}
	phone.Emit(bridge.Answered{Answer: *phone.Request.Offer})
	w.awaitAnswered(t, 1)
	for _, tag := range tags {
		client.Show(stream, 2000+tag.Timestamp, tag.Payload)
	}
	bridgetest.Eventually(t, "all pictures are sent", func() bool {
		return len(pictures(phone.FakeMedia().Sent(transcode.Video))) >= 50
	})
	client.CloseStream(stream)
	bridgetest.Await[bridgetest.Hangup](t, phone.Leg)
}

// TestFFmpegPublishesPictures is a real encoder.
func TestFFmpegPublishesPictures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withStreams)
	publishing := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i",
		"testsrc=d=3:r=25:s=640x480", "-f", "lavfi", "-i", "sine=1004:d=3", "-c:v", "libx264", "-pix_fmt", "yuv420p",
		"-g", "25", "-ar", "8000", "-ac", "1", "-c:a", "pcm_mulaw", "-f", "flv",
		"rtmp://"+w.address+"/live/cam?to=sip:phone@test")
	if err := publishing.Start(); err != nil {
		t.Fatal(err)
	}
	phone := w.phone.AwaitDial(t)
	phone.Emit(bridge.Answered{Answer: withVideo(bridgetest.Audio(bridgetest.PCMU()))})
	if err := publishing.Wait(); err != nil {
		t.Error(err)
	}
	w.calls.AwaitEnded(t)
	stats := w.server.Stats()
	if stats.VideoIn < 75 || stats.VideoDropped > 0 || stats.Malformed > 0 {
		t.Errorf("counted %+v", stats)
	}
	if seen := len(pictures(phone.FakeMedia().Sent(transcode.Video))); seen < 25 {
		t.Errorf("the phone sees %d pictures", seen)
	}
}
