package rtmp_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sipbridge/signaling/rtmp"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/flv"
)

// TestLookAhead: an encoder that is left to its defaults sends some pictures before others that are shown earlier. Who
// plays the stream gets all of them, in that order, and from the second group on each is shown at its time.
func TestLookAhead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "test.flv")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc=d=2:r=25:s=320x240", "-c:v", "libx264", "-pix_fmt", "yuv420p",
		"-bf", "3", "-g", "25", file)
	tags := messagesIn(t, file, chunk.Video)
	var log logged
	w := newWorld(t, withStreams, func(o *rtmp.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	client, stream := encoder(t, w, "live", "cam")
	client.AwaitStatus("NetStream.Publish.Start")
	client.Show(stream, 0, tags[0].Payload)
	speak(t, client, stream, 0x82, 0, 1)
	client.Ask("FCPublish") // when it is answered, what was said before is known to those who come
	viewing, _ := viewer(t, w, "cam")
	viewing.AwaitStatus("NetStream.Play.Start")
	for _, tag := range tags {
		client.Show(stream, tag.Timestamp, tag.Payload)
	}
	want, got := compositions(t, tags), compositions(t, viewing.AwaitSeen(51))
	if len(want) != 50 || len(got) != 50 {
		t.Fatalf("%d pictures of %d are seen", len(got), len(want))
	}
	ahead := 0
	for i, picture := range want {
		if !bytes.Equal(got[i].body, picture.body) {
			t.Fatalf("picture %d is another", i)
		}
		if picture.later > 40 {
			ahead++
		}
		step := got[i].shown - got[10].shown
		if wanted := picture.shown - want[10].shown; i > 10 && (step > wanted+2 || step < wanted-2) {
			t.Errorf("picture %d is shown after %d ms instead of %d", i, step, wanted)
		}
		if i > 0 && got[i].decoded < got[i-1].decoded || got[i].later < 0 {
			t.Errorf("picture %d comes at %d, after %d", i, got[i].decoded, got[i-1].decoded)
		}
	}
	if warnings := strings.Count(log.String(), "B pictures"); ahead == 0 || warnings != 1 {
		t.Errorf("%d pictures come ahead, and %d warnings", ahead, warnings)
	}
}

// composed is a picture, when it is decoded and shown, in milliseconds.
type composed struct {
	decoded, shown int64
	later          int32
	body           []byte
}

func compositions(t *testing.T, tags []chunk.Message) (all []composed) {
	t.Helper()
	for _, tag := range tags {
		video, err := flv.ParseVideo(tag.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if video.Kind == flv.IsPicture {
			decoded := int64(tag.Timestamp)
			all = append(all, composed{decoded, decoded + int64(video.Composition), video.Composition, video.Body})
		}
	}
	return all
}

// logged takes what is logged.
type logged struct {
	mu    sync.Mutex
	lines bytes.Buffer // guarded by mu
}

func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(line)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}
