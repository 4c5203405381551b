package rtmp_test

import (
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
)

// TestPicturesAloneToFlash shows a client that names H.264 pictures without sound, offers nobody the sound that it
// makes nevertheless, and refuses the call of pictures alone for a client that shows none.
func TestPicturesAloneToFlash(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][]any{"seen": {"pcmu", "h264"}, "refused": {"pcmu"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			bob := rtmptest.Login(t, w.address, "bob@test", "secret")
			bob.Play("remote")
			alone := bridge.Description{Media: withVideo(bridgetest.Audio(bridgetest.PCMU())).Media[1:]}
			caller := bridgetest.NewIncoming(bridge.Request{To: "sip:bob@test", Offer: &alone}, bridge.LegInfo{})
			w.exchange.Accept(caller)
			bob.Await("invited")
			bob.Call("accept", words...)
			if name == "refused" {
				if got := bridgetest.Await[bridgetest.Hangup](t, caller.Leg).Cause; got.Status != 488 {
					t.Errorf("the caller is told %v", got)
				}
				return
			}
			if accepted := bob.Await("accepted"); accepted.Args[0] != nil || accepted.Args[1] != "h264" {
				t.Errorf("accepted says %v", accepted.Args)
			}
			caller.FakeMedia().AwaitPlugged(t, transcode.Video)
			stream := bob.Publish("local")
			bob.Speak(stream, 0, append([]byte{0x82}, make([]byte, 160)...))
			(&phoneCamera{media: caller.FakeMedia()}).send(t, pictureTags(t))
			checkSeen(t, bob.AwaitSeen(51))
			bob.Show(stream, 0, pictureTags(t)[0].Payload) // read after the sound
			if bridgetest.Count[bridgetest.Offer](caller.Leg) != 0 {
				t.Error("the caller is offered sound")
			}
		})
	}
}
