package rtpmedia

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// TestOrientation passes on how pictures are turned where both want it, and nothing where one does not.
func TestOrientation(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string]bool{"wanted": true, "not wanted": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller, callee := newSession(t, nil), newSession(t, nil)
			proposal := pictures(bridge.SendRecv, vp8())
			proposal.Media[1].Orientation = true
			offer := must[[]byte](t)(caller.Offer(proposal))
			offered := must[bridge.Description](t)(callee.SetOffer(offer))
			chosen := answersFirst(offered)
			chosen.Media[1].Orientation = wanted && offered.Media[1].Orientation
			answer := must[[]byte](t)(callee.Answer(chosen))
			agreed := must[bridge.Description](t)(caller.SetAnswer(answer))
			if bytes.Contains(answer, []byte("a=extmap:1 "+transcode.OrientationURI)) != wanted ||
				agreed.Media[1].Orientation != wanted {
				t.Errorf("answered\n%s", answer)
			}
			seen := &recorder{}
			callee.Receive(transcode.Video, seen)
			packet := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: 9}, Payload: make([]byte, 9)}
			if err := packet.SetExtension(7, []byte{2}); err != nil {
				t.Fatal(err)
			}
			transcode.TakeOrientation(&packet.Header, 7)
			if err := caller.Sender(transcode.Video).WriteRTP(packet); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the picture", func() bool { return seen.count() == 1 })
			got := seen.all()[0]
			transcode.GiveOrientation(&got.Header, 5)
			if value := got.GetExtension(5); bytes.Equal(value, []byte{2}) != wanted {
				t.Errorf("turned by %v", value)
			}
		})
	}
}
