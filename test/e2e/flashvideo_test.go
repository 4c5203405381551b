package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/flv"
	"sipbridge/signaling/rtmp/rtmptest"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/film"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// pictureEvery is the time between two pictures of what is sent over RTMP.
const pictureEvery = 40 * time.Millisecond

// TestFlashVideo: a Flash phone and a browser see each other; so do a Flash phone and a SIP phone; and a
// browser sees what ffmpeg publishes, by calling it and by being called.
func TestFlashVideo(t *testing.T) {
	t.Parallel()
	const flash = 60 // pages have those before
	port, err := process.FreePort()
	must(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	w := newWorld(t, browser.Chromium, service.Options{
		Settings: map[string]map[string]any{"listen": {"rtmp": address}},
	})
	way := flashWays()[2]
	t.Run("a Flash phone", func(t *testing.T) {
		p := w.newCamera(t, "H264")
		client := rtmptest.Login(t, address, userName(flash)+"@localhost", password(flash))
		client.Play("remote")
		stream := client.Publish("local")
		talk(t, client, stream, way, phoneHz)
		showFilm(t, client, stream)
		must(t, p.Call(nil, "call", "sip:"+userName(flash)+"@localhost"))
		client.Await("invited")
		client.Call("accept", "pcmu", "h264", "flv")
		if accepted := client.Await("accepted"); !slices.Equal(accepted.Args, []any{"pcmu", "h264"}) {
			t.Errorf("accepted says %v", accepted.Args)
		}
		mustBe(t, p, "established")
		mustSee(t, p, "H264")
		mustHear(t, p, phoneHz)
		mustHearFlash(t, client, way, pageHz)
		mustDecode(t, client.AwaitSeen(enough+1))
		client.Call("bye")
		mustBe(t, p, "ended")
	})
	for number, single := range []bool{false, true} {
		t.Run(fmt.Sprintf("a Flash phone and a SIP phone, single units %t", single), func(t *testing.T) {
			seeEachOther(t, address, flash+1+number, film.Options{Codec: "H264", PayloadType: 97, Single: single})
		})
	}
	t.Run("ffmpeg is called", func(t *testing.T) {
		p := w.newCamera(t, "H264")
		publishPictures(t, "rtmp://"+address+"/live/cam")
		for deadline := time.Now().Add(limit); ; { // until it publishes there is nobody to call
			must(t, p.Call(nil, "call", "sip:live-cam@localhost"))
			mustBe(t, p, "established", "ended")
			reason, err := p.Reason()
			must(t, err)
			if reason.Code != 404 || time.Now().After(deadline) {
				break
			}
		}
		mustSee(t, p, "H264")
		mustHear(t, p, publishedHz)
		must(t, p.Call(nil, "hangup"))
	})
	t.Run("ffmpeg calls", func(t *testing.T) {
		p := w.newCamera(t, "H264")
		publishing := publishPictures(t, "rtmp://"+address+"/live/other?to="+p.user)
		mustBe(t, p, "incoming")
		must(t, p.Call(nil, "answer"))
		mustBe(t, p, "established")
		mustSee(t, p, "H264")
		mustHear(t, p, publishedHz)
		must(t, p.Call(nil, "hangup"))
		_, err := publishing.Wait(limit)
		must(t, err)
	})
	t.Run("ffmpeg calls without sound", func(t *testing.T) {
		p := w.newCamera(t, "H264")
		publishing := publishPictures(t, "rtmp://"+address+"/live/mute?to="+p.user, "-map", "1:v")
		mustBe(t, p, "incoming")
		must(t, p.Call(nil, "answer"))
		mustBe(t, p, "established")
		mustSee(t, p, "H264")
		must(t, p.Call(nil, "hangup"))
		_, err := publishing.Wait(limit)
		must(t, err)
	})
}

// seeEachOther lets a Flash phone call a SIP phone; both show pictures and decode what they see. The call begins with
// the parameter sets of the Flash phone.
func seeEachOther(t *testing.T, address string, flash int, options film.Options) {
	t.Helper()
	way := flashWays()[2]
	pictures := newFilm(t, options)
	phone := callee(t, func(media sipp.Media) []sipp.Step {
		media.Video = append(slices.Clone(pictures.Lines), "a=rtcp-fb:97 nack pli")
		return answerUntilBye(media)
	})
	client := rtmptest.Login(t, address, userName(flash)+"@localhost", password(flash))
	client.Play("remote")
	stream := client.Publish("local")
	talk(t, client, stream, way, pageHz)
	showFilm(t, client, stream)
	client.Call("invite", phone.number(), "pcmu", "h264")
	client.Await("accepted")
	invite, err := phone.WaitMessage("INVITE ", limit)
	must(t, err)
	if !strings.Contains(invite, ";sprop-parameter-sets=") {
		t.Errorf("the INVITE tells no parameter sets:\n%s", invite)
	}
	phone.playTo(t, "INVITE ")
	must(t, pictures.WaitPictures(enough, limit))
	must(t, pictures.Show(sipp.VideoPort(invite)))
	mustHear(t, phone, pageHz)
	mustHearFlash(t, client, way, phoneHz)
	mustDecode(t, client.AwaitSeen(enough+1))
	if report := pictures.Report(); strings.Contains(report, "RTP: missed") {
		t.Errorf("the phone misses packets:\n%s", report)
	}
	client.Call("bye")
	must(t, phone.Wait(limit))
}

// publishPictures lets ffmpeg publish a test picture and a tone, with a full picture every second.
func publishPictures(t *testing.T, url string, more ...string) *process.Process {
	t.Helper()
	return publish(t, url, append([]string{
		"-f", "lavfi", "-re", "-i", "testsrc=r=25:s=320x240", "-c:v", "libx264",
		"-profile:v", "baseline", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "25",
		"-ar", "8000", "-c:a", "pcm_mulaw",
	}, more...)...)
}

// showFilm shows a test picture on a stream, in time, until the test ends.
func showFilm(t *testing.T, client *rtmptest.Client, stream uint32) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.flv")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error",
		"-f", "lavfi", "-i", "testsrc=d=1:r=25:s=320x240", "-c:v", "libx264", "-profile:v", "baseline",
		"-pix_fmt", "yuv420p", "-g", "25", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	content, err := os.ReadFile(file)
	must(t, err)
	const fileHeader = 13
	var tags [][]byte
	must(t, chunk.Parts(chunk.Message{Payload: content[fileHeader:]}, func(part chunk.Message) {
		if video, err := flv.ParseVideo(part.Payload); err == nil && part.Type == chunk.Video && video.Kind != flv.IsEnd {
			tags = append(tags, bytes.Clone(part.Payload))
		}
	}))
	client.Show(stream, 0, tags[0])
	var filming sync.WaitGroup
	done := make(chan struct{})
	t.Cleanup(func() {
		close(done)
		filming.Wait()
	})
	filming.Go(func() {
		ticker := time.NewTicker(pictureEvery)
		defer ticker.Stop()
		for number := 0; ; number++ {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			client.Show(stream, uint32(number)*uint32(pictureEvery.Milliseconds()), tags[1+number%(len(tags)-1)])
		}
	})
}

// mustDecode wants ffmpeg to decode every picture that a Flash phone was shown.
func mustDecode(t *testing.T, seen []chunk.Message) {
	t.Helper()
	if decoded := decodeFlash(t, seen); decoded != len(seen)-countConfigurations(t, seen) {
		t.Errorf("%d pictures of %d messages can be decoded", decoded, len(seen))
	}
}

// decodeFlash lets ffmpeg count the pictures that it can decode in video messages.
func decodeFlash(t *testing.T, messages []chunk.Message) int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seen.flv")
	must(t, os.WriteFile(file, rtmptest.File(messages), 0o600))
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-xerror", "-i", file, "-an",
		"-fps_mode", "passthrough", "-f", "framemd5", "-").CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	pictures := 0
	for line := range bytes.Lines(out) {
		if line[0] != '#' {
			pictures++
		}
	}
	return pictures
}

func countConfigurations(t *testing.T, messages []chunk.Message) (count int) {
	t.Helper()
	for _, message := range messages {
		video, err := flv.ParseVideo(message.Payload)
		must(t, err)
		if video.Kind == flv.IsConfiguration {
			count++
		}
	}
	return count
}
