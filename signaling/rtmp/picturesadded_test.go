package rtmp_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
)

// TestPicturesAddedToFlash: a phone that talks with a client shows its camera. A client that named H.264 sees it, and
// is seen; the phone of another one goes on with the sound.
func TestPicturesAddedToFlash(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][]any{"seen": {"pcmu", "h264"}, "refused": {"pcmu"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			alice := rtmptest.Login(t, w.address, "alice@test", "secret")
			alice.Play("remote")
			alice.Call("invite", append([]any{"sip:phone@test"}, words...)...)
			phone := w.phone.AwaitDial(t)
			phone.Emit(bridge.Answered{Answer: bridgetest.Audio(bridgetest.PCMU())})
			if accepted := alice.Await("accepted"); accepted.Args[1] != nil {
				t.Errorf("accepted says %v", accepted.Args)
			}
			phone.Emit(bridge.Offered{Offer: withVideo(bridgetest.Audio(bridgetest.PCMU()))})
			answer := bridgetest.Await[bridgetest.Accept](t, phone.Leg).Answer
			if _, shows := answer.First(transcode.Video); shows != (name == "seen") {
				t.Fatalf("the phone is answered %+v", answer)
			}
			stream := alice.Publish("local")
			alice.Speak(stream, 0, append([]byte{0x82}, make([]byte, 160)...))
			phone.FakeMedia().AwaitSent(t, transcode.Audio, 1)
			if name == "refused" {
				return
			}
			tags := pictureTags(t)
			phone.FakeMedia().AwaitPlugged(t, transcode.Video)
			(&phoneCamera{media: phone.FakeMedia()}).send(t, tags)
			checkSeen(t, alice.AwaitSeen(51))
			for _, tag := range tags {
				alice.Show(stream, tag.Timestamp, tag.Payload)
			}
			bridgetest.Eventually(t, "all pictures are sent", func() bool {
				return len(pictures(phone.FakeMedia().Sent(transcode.Video))) == 50
			})
		})
	}
}
