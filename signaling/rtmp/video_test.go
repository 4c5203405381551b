package rtmp_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pion/rtp"

	"sipbridge/bridge"
	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/flv"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/transcode"
	"sipbridge/transcode/h264/payload"
)

// pictureTags gives video messages of two seconds, as ffmpeg makes them: a sequence header, 50 pictures, an end.
func pictureTags(t *testing.T) []chunk.Message {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.flv")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc=d=2:r=25:s=320x240", "-c:v", "libx264", "-profile:v", "baseline",
		"-pix_fmt", "yuv420p", "-g", "25", file)
	return messagesIn(t, file, chunk.Video)
}

// callVideoPhone makes alice call a phone that has H.264.
func callVideoPhone(t *testing.T, w *world) (*rtmptest.Client, bridgetest.Dialled) {
	t.Helper()
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	alice.Call("invite", "sip:phone@test", "pcmu", "h264", "flv")
	phone := w.phone.AwaitDial(t)
	if video, ok := phone.Request.Offer.First(transcode.Video); !ok || !avc().Fits(video.Formats[0]) {
		t.Fatalf("the phone is offered %+v", phone.Request.Offer)
	}
	phone.Emit(bridge.Answered{Answer: withVideo(bridgetest.Audio(bridgetest.PCMU()))})
	if accepted := alice.Await("accepted"); accepted.Args[1] != "h264" {
		t.Errorf("accepted says %v", accepted.Args)
	}
	phone.FakeMedia().AwaitPlugged(t, transcode.Video)
	return alice, phone
}

// pictures puts packets together.
func pictures(packets []*rtp.Packet) (all [][][]byte) {
	var d payload.Depacketizer
	for _, packet := range packets {
		d.Put(packet, func(picture payload.Picture) {
			units := make([][]byte, 0, len(picture.Units))
			for _, unit := range picture.Units {
				units = append(units, bytes.Clone(unit))
			}
			all = append(all, units)
		})
	}
	return all
}

// TestPicturesFromFlash lets a phone see each picture that ffmpeg made, with parameter sets before each full one.
func TestPicturesFromFlash(t *testing.T) {
	t.Parallel()
	alice, phone := callVideoPhone(t, newWorld(t))
	stream := alice.Publish("local")
	tags := pictureTags(t)
	for _, tag := range tags {
		alice.Show(stream, tag.Timestamp, tag.Payload)
	}
	const sent, keys = 50, 2
	media := phone.FakeMedia()
	bridgetest.Eventually(t, "all pictures are sent", func() bool {
		return len(pictures(media.Sent(transcode.Video))) == sent
	})
	packets := media.Sent(transcode.Video)
	if last, first := packets[len(packets)-1], packets[0]; last.Timestamp-first.Timestamp != 49*3600 ||
		first.PayloadType != avc().PayloadType {
		t.Errorf("from %+v to %+v", first.Header, last.Header)
	}
	full := 0
	for _, picture := range pictures(packets) {
		if payload.Has(picture, payload.InstantRefresh) {
			full++
			if payload.TypeOf(picture[0]) != payload.SequenceSet || payload.TypeOf(picture[1]) != payload.PictureSet {
				t.Error("a full picture comes without parameter sets")
			}
		}
	}
	if full != keys {
		t.Errorf("%d pictures are full", full)
	}
	if decoded := decodeAnnexB(t, pictures(packets)); decoded != sent {
		t.Errorf("ffmpeg decodes %d pictures", decoded)
	}
}

// decodeAnnexB lets ffmpeg count the pictures that it can decode, without an error.
func decodeAnnexB(t *testing.T, all [][][]byte) int {
	t.Helper()
	var stream []byte
	for _, units := range all {
		for _, unit := range units {
			stream = append(append(stream, 0, 0, 0, 1), unit...)
		}
	}
	file := filepath.Join(t.TempDir(), "seen.h264")
	if err := os.WriteFile(file, stream, 0o600); err != nil {
		t.Fatal(err)
	}
	return countPictures(t, file)
}

func countPictures(t *testing.T, file string) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-xerror", "-i", file, "-an",
		"-f", "framemd5", "-").CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	count := 0
	for line := range strings.SplitSeq(string(out), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			count++
		}
	}
	return count
}

// phoneCamera is what a phone sends; its first packets may be lost.
type phoneCamera struct {
	media *bridgetest.Media
	// setsApart leaves the parameter sets out.
	setsApart     bool
	lost          uint16
	number        uint16
	packetizer    payload.Packetizer
	configuration flv.Configuration
}

// send sends pictures.
func (c *phoneCamera) send(t *testing.T, tags []chunk.Message) {
	t.Helper()
	for _, tag := range tags {
		video, err := flv.ParseVideo(tag.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if video.Kind == flv.IsConfiguration {
			if c.configuration, err = flv.ParseConfiguration(video.Body); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var units [][]byte
		if video.Key && !c.setsApart {
			units = append(append(units, c.configuration.Sequence...), c.configuration.Picture...)
		}
		if units, err = c.configuration.Units(units, video.Body); err != nil {
			t.Fatal(err)
		}
		c.packetizer.Packetize(units, func(part []byte, last bool) {
			if c.number++; c.number <= c.lost {
				return
			}
			header := rtp.Header{
				PayloadType: 102, SequenceNumber: c.number, Timestamp: tag.Timestamp * 90, SSRC: 7, Marker: last,
			}
			if _, err := c.media.Deliver(transcode.Video, &rtp.Packet{Header: header, Payload: part}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestPicturesToFlash shows a client all pictures of a phone, and lets ffmpeg decode what it is sent.
func TestPicturesToFlash(t *testing.T) {
	t.Parallel()
	alice, phone := callVideoPhone(t, newWorld(t))
	stream := alice.Play("remote")
	(&phoneCamera{media: phone.FakeMedia()}).send(t, pictureTags(t))
	seen := alice.AwaitSeen(51)
	checkSeen(t, seen)
	for i, message := range seen {
		if want := uint32(max(i-1, 0)) * 40; message.StreamID != stream || message.Timestamp-seen[0].Timestamp != want {
			t.Errorf("message %d is on %d at %d", i, message.StreamID, message.Timestamp-seen[0].Timestamp)
		}
	}
}

// TestLostFullPicture shows nothing before the next full picture, and asks for one.
func TestLostFullPicture(t *testing.T) {
	t.Parallel()
	alice, phone := callVideoPhone(t, newWorld(t))
	alice.Play("remote")
	(&phoneCamera{media: phone.FakeMedia(), lost: 2}).send(t, pictureTags(t))
	seen := alice.AwaitSeen(26)
	if video, err := flv.ParseVideo(seen[0].Payload); err != nil || video.Kind != flv.IsConfiguration || len(seen) != 26 {
		t.Errorf("of %d messages the first is %+v: %v", len(seen), video, err)
	}
	bridgetest.Await[bridgetest.AskKeyframe](t, phone.Leg)
}

// TestParameterSetsInTheDescription: a phone says its parameter sets in its SDP alone, called or calling.
func TestParameterSetsInTheDescription(t *testing.T) {
	t.Parallel()
	tags := pictureTags(t)
	video, err := flv.ParseVideo(tags[0].Payload)
	if err != nil {
		t.Fatal(err)
	}
	configuration, err := flv.ParseConfiguration(video.Body)
	if err != nil {
		t.Fatal(err)
	}
	described := withVideo(bridgetest.Audio(bridgetest.PCMU()))
	described.Media[1].Formats[0].Parameters += ";sprop-parameter-sets=" +
		base64.StdEncoding.EncodeToString(configuration.Sequence[0]) + "," +
		base64.StdEncoding.EncodeToString(configuration.Picture[0])
	w := newWorld(t)
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	alice.Play("remote")
	alice.Call("invite", "sip:phone@test", "pcmu", "h264")
	phone := w.phone.AwaitDial(t)
	phone.Emit(bridge.Answered{Answer: described})
	phone.FakeMedia().AwaitPlugged(t, transcode.Video)
	(&phoneCamera{media: phone.FakeMedia(), setsApart: true}).send(t, tags)
	checkSeen(t, alice.AwaitSeen(51))

	bob := rtmptest.Login(t, w.address, "bob@test", "secret")
	bob.Play("remote")
	caller := bridgetest.NewIncoming(bridge.Request{To: "sip:bob@test", Offer: &described}, bridge.LegInfo{})
	w.exchange.Accept(caller)
	bob.Await("invited")
	bob.Call("accept", "pcmu", "h264")
	caller.FakeMedia().AwaitPlugged(t, transcode.Video)
	(&phoneCamera{media: caller.FakeMedia(), setsApart: true}).send(t, tags)
	checkSeen(t, bob.AwaitSeen(51))
}

// checkSeen wants a configuration and fifty pictures that ffmpeg can decode.
func checkSeen(t *testing.T, seen []chunk.Message) {
	t.Helper()
	if decoded := countPictures(t, flvFile(t, seen)); decoded != 50 || len(seen) != 51 {
		t.Errorf("%d messages, %d pictures can be decoded", len(seen), decoded)
	}
}

// TestLateViewer plays another stream in the middle, as a client does that connects its screen late.
func TestLateViewer(t *testing.T) {
	t.Parallel()
	alice, phone := callVideoPhone(t, newWorld(t))
	tags := pictureTags(t)
	camera := phoneCamera{media: phone.FakeMedia()}
	camera.send(t, tags[:10])
	alice.Play("remote")
	camera.send(t, tags[10:])
	seen := alice.AwaitSeen(26)
	if video, err := flv.ParseVideo(seen[0].Payload); err != nil || video.Kind != flv.IsConfiguration {
		t.Errorf("the first message is %+v: %v", video, err)
	}
	if video, err := flv.ParseVideo(seen[1].Payload); err != nil || !video.Key {
		t.Errorf("the second message is %+v: %v", video, err)
	}
}

// flvFile writes video messages as a file.
func flvFile(t *testing.T, messages []chunk.Message) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seen.flv")
	if err := os.WriteFile(file, rtmptest.File(messages), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestPicturesOfStrangers are skipped before they take memory, and malformed ones are counted.
func TestPicturesOfStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := rtmptest.Dial(t, w.address, rtmptest.Options{})
	stranger.Show(1, 0, make([]byte, 3<<20))
	alice := rtmptest.Login(t, w.address, "alice@test", "secret")
	stream := alice.Publish("local")
	for _, tag := range [][]byte{{}, {0x17}, {0x17, 0, 0, 0, 0, 1}, {0x97, 1, 2, 3, 4, 5}} {
		alice.Show(stream, 0, tag)
	}
	bridgetest.Eventually(t, "they are counted", func() bool { return w.server.Stats().VideoDropped >= 3 })
	if stats := w.server.Stats(); stats.VideoDropped != 3 || stats.Malformed != 0 || stats.Open != 2 {
		t.Errorf("counted %+v", stats)
	}
}
