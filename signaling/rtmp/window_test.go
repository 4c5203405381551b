package rtmp_test

import (
	"bytes"
	"testing"
	"time"

	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/flv"
	"sipbridge/signaling/rtmp/rtmptest"
)

// largePicture is the size of a picture of which a hundred are more than two windows.
const largePicture = 50_000

// largePictures gives full pictures of a phone that are together more than a client may have without acknowledging.
func largePictures(t *testing.T) []chunk.Message {
	t.Helper()
	tags := pictureTags(t)[:1]
	unit := append([]byte{0x65}, bytes.Repeat([]byte{7}, largePicture)...)
	for number := range uint32(60) {
		tags = append(tags, chunk.Message{
			Type: chunk.Video, Timestamp: number * 40, Payload: flv.AppendPicture(nil, true, 0, [][]byte{unit}),
		})
	}
	return tags
}

// seeLarge lets a client see them, one after the other; got is told how many messages came.
func seeLarge(t *testing.T, w *world, got func(alice *rtmptest.Client, messages int)) (
	*rtmptest.Client, bridgetest.Dialled,
) {
	t.Helper()
	alice, phone := callVideoPhone(t, w)
	alice.Play("remote")
	tags, camera := largePictures(t), &phoneCamera{media: phone.FakeMedia()}
	camera.send(t, tags[:1])
	for i, tag := range tags[1:] {
		camera.send(t, []chunk.Message{tag})
		got(alice, i+2)
	}
	return alice, phone
}

// TestWindow: a client that acknowledges gets all, and so does one that never does, which its socket holds.
func TestWindow(t *testing.T) {
	t.Parallel()
	for name, acknowledge := range map[string]func(*rtmptest.Client, int){
		"as it comes": func(alice *rtmptest.Client, messages int) {
			alice.AwaitSeen(messages)
			alice.Send(chunk.ControlStream, chunk.Number(chunk.Acknowledgement, uint32(messages*largePicture)))
		},
		"never": func(alice *rtmptest.Client, messages int) { alice.AwaitSeen(messages) },
	} {
		w := newWorld(t)
		seeLarge(t, w, acknowledge)
		if stats := w.server.Stats(); stats.VideoDropped > 0 || stats.Slow > 0 {
			t.Errorf("%s: counted %+v", name, stats)
		}
	}
}

// TestWindowIsFull: who acknowledges no more is sent no more pictures than two windows have, and then dropped.
func TestWindowIsFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.WriteTimeout = 300 * time.Millisecond })
	alice, phone := seeLarge(t, w, func(alice *rtmptest.Client, messages int) {
		if messages == 2 {
			alice.Send(chunk.ControlStream, chunk.Number(chunk.Acknowledgement, 1000))
		}
		if messages < 40 {
			alice.AwaitSeen(messages)
		}
	})
	bridgetest.Eventually(t, "pictures are left out", func() bool { return w.server.Stats().VideoDropped > 5 })
	if seen := len(alice.AwaitSeen(1)); seen > 3+2*(1<<20)/largePicture {
		t.Errorf("%d pictures of %d bytes came", seen, largePicture)
	}
	said := uint16(0)
	bridgetest.Eventually(t, "the client is counted", func() bool {
		deliver(t, phone.FakeMedia(), said, 1) // there has to be something to send, for somebody to notice
		said++
		return w.server.Stats().Slow == 1
	})
	alice.AwaitEnd()
}

// TestPeerBandwidth has the server say its window again when the client limits it (RTMP section 5.4.5).
func TestPeerBandwidth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	limit := func(bytes uint32, kind byte) chunk.Message {
		message := chunk.Number(chunk.PeerBandwidth, bytes)
		message.Payload = append(message.Payload, kind)
		return message
	}
	windows := func() (sizes []uint32) {
		alice.Ask("nothing")
		for _, message := range alice.Control(chunk.WindowAckSize) {
			size, err := message.Number()
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, size)
		}
		return sizes
	}
	for _, each := range []struct {
		bytes uint32
		kind  byte
		want  uint32 // the newest that was said
	}{
		{2 << 20, 1, 1 << 20},  // soft: the smaller one counts
		{500_000, 1, 500_000},  // soft
		{400_000, 2, 500_000},  // dynamic, after a soft one: nothing
		{800_000, 0, 800_000},  // hard
		{600_000, 2, 600_000},  // dynamic, after a hard one: hard
		{1, 0, 4096},           // the least
		{1 << 31, 0, 1 << 29},  // the most
		{300_000, 77, 300_000}, // as dynamic
		{300_000, 0, 300_000},  // nothing new
	} {
		alice.Send(chunk.ControlStream, limit(each.bytes, each.kind))
		if sizes := windows(); sizes[len(sizes)-1] != each.want {
			t.Errorf("after %d of kind %d the windows are %v", each.bytes, each.kind, sizes)
		}
	}
	alice.Send(chunk.ControlStream, chunk.Number(chunk.PeerBandwidth, 1))
	alice.AwaitEnd()
}
