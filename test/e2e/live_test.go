package e2e

import (
	"fmt"
	"strings"
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
)

const (
	publishedHz = 620 // what is published
	streamKey   = "correct-horse-battery"
)

// TestLive: ffmpeg publishes a tone, which calls a phone; a browser and another phone call the stream and hear it, too.
// When the phone hangs up, ffmpeg is told and all is over.
func TestLive(t *testing.T) {
	t.Parallel()
	const callee, listener = 60, 61 // pages have those before
	port, err := process.FreePort()
	must(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	w := newWorld(t, browser.Chromium, service.Options{Settings: map[string]map[string]any{
		"listen": {"rtmp": address},
		"flash": {"streams": []map[string]string{
			{"name": "studio", "key": streamKey, "user": userName(listener)},
		}},
	}})
	phone := newPhone(t, baresip.Options{
		User: userName(callee), Password: password(callee), Domain: "localhost", Registrar: w.service.SIP, Codec: "PCMU",
	})
	other := newPhone(t, baresip.Options{
		User: userName(listener), Password: password(listener), Domain: "localhost", Registrar: w.service.SIP, Codec: "opus",
	})
	for number, test := range []struct {
		path  string
		codec []string
	}{
		{"live/studio?key=" + streamKey + "&to=" + userName(callee), []string{"-ar", "16000", "-c:a", "libspeex"}},
		{
			"live/studio?to=sip:" + userName(callee) + "@localhost&key=" + streamKey,
			[]string{"-ar", "8000", "-c:a", "pcm_mulaw"},
		},
		{"live/open?to=" + userName(callee), []string{"-ar", "8000", "-c:a", "pcm_alaw"}},
	} {
		publishing := publish(t, "rtmp://"+address+"/"+test.path, test.codec...)
		_, err := phone.WaitEvent(baresip.Established, number+1, limit)
		must(t, err)
		mustHear(t, phone, publishedHz)
		name, _, _ := strings.Cut(strings.TrimPrefix(test.path, "live/"), "?")
		number := "sip:live-" + name + "@localhost"
		p := w.newPage(t, jsSIP)
		must(t, p.Call(nil, "call", number))
		mustBe(t, p, "established")
		must(t, other.Dial(number))
		mustHear(t, p, publishedHz)
		mustHear(t, other, publishedHz)
		must(t, phone.Hangup())
		if _, err := publishing.Wait(limit); err != nil {
			t.Error(err)
		}
		mustBe(t, p, "ended")
	}
}

// publish lets ffmpeg say a tone to an URL, in time, until the test ends.
func publish(t *testing.T, url string, codec ...string) *process.Process {
	t.Helper()
	args := []string{"-hide_banner", "-nostdin", "-re", "-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d", publishedHz)}
	args = append(append(args, codec...), "-ac", "1", "-f", "flv", url)
	publishing, err := process.Start(process.Options{Tool: "ffmpeg", Package: "ffmpeg", Args: args})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("ffmpeg:\n%s", publishing.Output())
		}
		publishing.Stop(limit)
	})
	return publishing
}
