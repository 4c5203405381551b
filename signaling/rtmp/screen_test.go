package rtmp

import (
	"testing"
	"time"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/flv"
	"sipbridge/transcode/h264/payload"
)

// TestPictureLeftOutInTheQueue: when the window was full for one queued picture, and is not any more when the next one
// comes, that one is not shown: it leans on the one left out. A full picture is asked for, and comes with its
// parameter sets, which may have been left out, too.
func TestPictureLeftOutInTheQueue(t *testing.T) {
	t.Parallel()
	c := &conn{
		server: &Server{options: Options{WriteTimeout: time.Second}}, began: time.Now(),
		out: make(chan outgoing, queueSize),
	}
	c.playing.Store(1)
	c.sending.size.Store(windowSize)
	c.sending.acknowledges.Store(true)
	asked, number := 0, uint32(0)
	s := screen{media: &media{conn: c, wantKeyframe: func() bool {
		asked++
		return true
	}}}
	set, full, leaning := []byte{0x67, 0x42, 0xe0, 0x1f}, []byte{0x65, 1}, []byte{0x41, 1}
	show := func(want string, units ...[]byte) {
		t.Helper()
		number++
		s.show(payload.Picture{Timestamp: number * 3600, Units: units})
		got := ""
		for range len(c.out) {
			message := (<-c.out).message
			video, err := flv.ParseVideo(message.Payload)
			if err != nil {
				t.Fatal(err)
			}
			got += map[bool]string{true: "sets ", false: "picture "}[video.Kind == flv.IsConfiguration]
		}
		if got != want {
			t.Errorf("picture %d: sent %q, want %q", number, got, want)
		}
	}
	key := [][]byte{set, {0x68, 0xce}, full}
	show("sets picture ", key...)
	show("picture ", leaning)
	leaveOut(t, c, chunk.Audio) // on which no picture leans
	show("picture ", leaning)
	leaveOut(t, c, chunk.Video)
	show("", leaning)
	if asked != 1 {
		t.Errorf("a full picture is asked for %d times", asked)
	}
	show("sets picture ", key...)
	show("picture ", leaning)
}

// leaveOut has the window full when a message is to be written, and acknowledges everything then.
func leaveOut(t *testing.T, c *conn, messageType uint8) {
	t.Helper()
	c.sending.sent.Store(c.sending.acknowledged.Load() + 3*windowSize)
	if err := c.writeOne(nil, outgoing{message: chunk.Message{Type: messageType}}); err != nil {
		t.Fatal(err)
	}
	c.sending.acknowledged.Store(c.sending.sent.Load())
}
