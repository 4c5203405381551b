package webrtcmedia

import (
	"bytes"
	"testing"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// TestOrientation passes on how a browser's pictures are turned where the other party knows that, under the number that
// the browser gives it, both ways; where it does not, the browser is not told that we do, and turns them itself.
func TestOrientation(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string]bool{"wanted": true, "not wanted": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session, l := newSession(t, newEngine(t, EngineOptions{}), Options{})
			session.Receive(transcode.Video, l)
			b := newBrowser(t, append(browserCodecs(), videoCodecs()...))
			description, err := session.SetOffer([]byte(b.offer(nil)))
			must(t, err)
			chosen := choose(t, description, "opus")
			offered, _ := description.First(transcode.Video)
			chosen.Media[1].Orientation = wanted && offered.Orientation
			answer, err := session.Answer(chosen)
			must(t, err)
			if bytes.Contains(answer, []byte(transcode.OrientationURI)) != wanted {
				t.Errorf("answered\n%s", answer)
			}
			b.accept(answer)
			bothWays(t, session, l, b, 111, 960)
			eventually(t, "the camera", func() bool { return b.camera.bound.Load() != nil })
			id := session.incoming.accepted.Load().orientationID
			packet := picture(1)
			number := id
			if !wanted {
				number = 9
			}
			must(t, packet.SetExtension(number, []byte{1}))
			must(t, b.camera.write(&packet.Header, packet.Payload))
			eventually(t, "a picture", func() bool { return l.heard(96) == 1 })
			if turned(l, 1) != wanted {
				t.Error("the leg gets the wrong orientation")
			}
			packet = picture(2)
			must(t, packet.SetExtension(9, []byte{3}))
			transcode.TakeOrientation(&packet.Header, 9)
			must(t, session.Sender(transcode.Video).WriteRTP(packet))
			eventually(t, "our picture", func() bool { return b.heard(96) == 1 })
			b.mu.Lock()
			defer b.mu.Unlock()
			got := b.received[len(b.received)-1]
			if bytes.Equal(got.GetExtension(id), []byte{3}) != wanted || got.Extension != wanted {
				t.Errorf("the browser gets %v", got.Header)
			}
		})
	}
}

// turned tells whether the leg's picture has an orientation.
func turned(l *leg, orientation byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, packet := range l.audio {
		if packet.PayloadType == 96 {
			transcode.GiveOrientation(&packet.Header, 2)
			return bytes.Equal(packet.GetExtension(2), []byte{orientation})
		}
	}
	return false
}

// TestOwnOfferOfOrientation offers it if the other party knows it.
func TestOwnOfferOfOrientation(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{false, true} {
		session, _ := newSession(t, newEngine(t, EngineOptions{}), Options{})
		wish := proposal(bridge.SendRecv)
		wish.Media = append(wish.Media, bridge.MediaDescription{
			Kind: transcode.Video, Formats: videoCodecs()[:1], Orientation: known,
		})
		offer, err := session.Offer(wish)
		must(t, err)
		if bytes.Contains(offer, []byte("a=extmap:13 "+transcode.OrientationURI)) != known {
			t.Errorf("offered\n%s", offer)
		}
	}
}
