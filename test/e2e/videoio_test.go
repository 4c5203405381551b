package e2e

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"slices"
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
)

// TestVideoIO: a page that was written for VideoIO.swf is a phone without it. A script tag is all that is new in it.
func TestVideoIO(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	t.Run("phone", w.videoIOCallsPhone)
	t.Run("pictures", w.videoIOsSeeEachOther)
	t.Run("no camera", w.videoIOWithoutCamera)
	t.Run("beside the embed", w.videoIOBesideEmbed)
	t.Run("recording", w.videoIORecords)
	t.Run("file", w.videoIOPlaysFile)
	t.Run("refused", w.videoIORefused)
	t.Run("server gone", w.videoIOLosesServer) // the last one, for it stops the service
}

// openVideoIO opens a page, whose player is there.
func (w *world) openVideoIO(t *testing.T) (*page, browser.Account) {
	t.Helper()
	page, account := w.openPage(t, "videoio?bridge="+w.service.HTTP)
	must(t, page.WaitEvent(limit, "created phone1", 1))
	return page, account
}

func (w *world) newVideoIO(t *testing.T) *page {
	t.Helper()
	page, account := w.openVideoIO(t)
	must(t, page.Register(account))
	return page
}

// videoIOCallsPhone: a page calls a SIP phone and is called by it, presses keys, holds, rejects, and is told all in the
// words of siprtmp.
func (w *world) videoIOCallsPhone(t *testing.T) {
	const callee = 60 // pages have those before
	phone := newPhone(t, baresip.Options{
		User: userName(callee), Password: password(callee), Domain: "localhost", Registrar: w.service.SIP, Codec: "PCMU",
		Manual: true,
	})
	page := w.newVideoIO(t)

	mustCallOut(t, page, phone, userName(callee))
	mustBeCalled(t, page, phone)
	must(t, page.Call(nil, "call", "sip:nobody@localhost"))
	parties := []any{"<sip:" + userName(callee) + "@localhost>", "<sip:" + page.user + "@localhost>"}
	mustCome(t, page, "told ringing", []any{"180 Ringing"})
	mustCome(t, page, "told accepted", []any{})
	mustCome(t, page, "told holded", []any{true})
	mustCome(t, page, "told invited", parties)
	mustCome(t, page, "told cancelled", parties)
	mustCome(t, page, "told byed", []any{})
	mustCome(t, page, "told rejected", []any{"404 Not Found"})
	mustCallBack(t, page, []string{
		"told ringing", "told accepted", "told holded", "told holded", "told invited", "told accepted", "told byed",
		"told invited", "told invited", "told cancelled", "told rejected",
	})
}

// mustCallOut calls the phone from a page, presses a key, holds and mutes.
func mustCallOut(t *testing.T, page *page, phone *baresip.Phone, callee string) {
	t.Helper()
	must(t, page.Call(nil, "call", "sip:"+callee+"@localhost"))
	mustBe(t, page, "ringing")
	must(t, phone.Answer())
	mustBe(t, page, "established")
	mustTalk(t, page, phone)
	var heard bool
	must(t, page.Call(&heard, "heard"))
	if !heard {
		t.Error("the player is silent though play is set")
	}
	must(t, page.Call(nil, "dtmf", "7"))
	_, err := phone.WaitEvent(baresip.DTMF, 1, limit)
	must(t, err)
	must(t, phone.Hold())
	must(t, page.WaitEvent(limit, "told holded", 1))
	must(t, phone.Resume())
	must(t, page.WaitEvent(limit, "told holded", 2))
	must(t, page.Call(nil, "hold", true))
	must(t, phone.WaitQuiet(limit))
	must(t, page.Call(nil, "set", "microphone", false))
	must(t, page.Call(nil, "hold", false))
	mustHear(t, page, phoneHz)
	must(t, phone.WaitQuiet(limit)) // it is muted now
	must(t, page.Call(nil, "set", "microphone", true))
	mustTalk(t, page, phone)
	must(t, page.Call(nil, "hangup"))
	_, err = phone.WaitEvent(baresip.Closed, 1, limit)
	must(t, err)
	if keys := phone.Keys(); keys != "7" {
		t.Errorf("the phone got the keys %q", keys)
	}
}

// mustBeCalled calls a page three times: it answers, rejects, and is too slow.
func mustBeCalled(t *testing.T, page *page, phone *baresip.Phone) {
	t.Helper()
	must(t, phone.Dial("sip:"+page.user+"@localhost"))
	mustBe(t, page, "incoming")
	must(t, page.Call(nil, "answer", "wideband", "pcmu"))
	mustBe(t, page, "established")
	mustTalk(t, page, phone)
	must(t, phone.Hangup())
	mustBe(t, page, "ended")

	must(t, phone.Dial("sip:"+page.user+"@localhost"))
	mustBe(t, page, "incoming")
	must(t, page.Call(nil, "reject", "486 Busy Here"))
	_, err := phone.WaitEvent(baresip.Closed, 3, limit)
	must(t, err)
	must(t, phone.Dial("sip:"+page.user+"@localhost"))
	must(t, page.WaitEvent(limit, "told invited", 3))
	must(t, phone.Hangup())
	must(t, page.WaitEvent(limit, "told cancelled", 1))
}

// videoIOsSeeEachOther: two pages call each other without naming codecs, as the first ones did; both have pictures.
func (w *world) videoIOsSeeEachOther(t *testing.T) {
	caller, called := w.newVideoIO(t), w.newVideoIO(t)
	must(t, caller.Call(nil, "call", "sip:"+called.user+"@localhost"))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	for _, p := range []*page{caller, called} {
		mustSee(t, p, "VP8")
		mustHear(t, p, pageHz)
		for _, event := range []string{
			"spoke", "changed camera", "changed videoWidth", "changed bandwidth", "changed currentFPS", "changed quality",
		} {
			must(t, p.WaitEvent(limit, event, 1))
		}
		mustGet(t, p, "videoWidth", 320.0)
		mustGet(t, p, "deviceAllowed", true)
		var size string
		must(t, p.Call(&size, "snapshot"))
		if size != "320x240" {
			t.Errorf("a snapshot is %s", size)
		}
	}
	const text, data = "Pêche à la moule ☎ 你好\n<b>", `{"slide":2}`
	for _, way := range [2][2]*page{{caller, called}, {called, caller}} {
		must(t, way[0].Call(nil, "say", text))
		must(t, way[0].Call(nil, "write", way[1].user, text))
		must(t, way[0].Call(nil, "send", data))
		mustCome(t, way[1], "told receivedMessage", []any{text})
		mustCome(t, way[1], "told receivedPagingMessage", []any{`"Web User" <sip:` + way[0].user + `@localhost>`, text})
		mustCome(t, way[1], "data", data)
	}
	must(t, called.Call(nil, "set", "camera", false))
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
	mustGet(t, caller, "recording", false)
}

// mustGet wants a property of a player.
func mustGet(t *testing.T, p *page, property string, want any) {
	t.Helper()
	var got any
	must(t, p.Call(&got, "get", property))
	if got != want {
		t.Errorf("%s is %v", property, got)
	}
}

// mustCome waits for an event of the page, and wants to see what came with it.
func mustCome(t *testing.T, p *page, kind string, want any) {
	t.Helper()
	must(t, p.WaitEvent(limit, kind, 1))
	story, err := p.Story()
	must(t, err)
	at := slices.IndexFunc(story, func(event browser.Event) bool { return event.Type == kind })
	if !reflect.DeepEqual(story[at].Detail, want) {
		t.Errorf("%s came with %q", kind, story[at].Detail)
	}
}

// videoIOWithoutCamera: who has no camera is told so, and calls with sound alone.
func (w *world) videoIOWithoutCamera(t *testing.T) {
	other := &world{service: w.service, pages: w.pages}
	other.users.Store(70) // pages of the first browser have those before
	var err error
	other.browser, err = browser.Start(browser.Options{
		Kind: browser.Chromium, Dir: ".", Origin: w.pages.Origin, MicrophoneHz: pageHz, TempDir: t.TempDir(),
		Flags: []string{"--use-fake-device-for-media-stream=device-count=0"},
	})
	must(t, err)
	t.Cleanup(other.browser.Stop)
	caller, called := other.newVideoIO(t), w.newVideoIO(t)
	must(t, caller.Call(nil, "call", "sip:"+called.user+"@localhost", "wideband", "h264"))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer", "wideband", "h264"))
	mustCome(t, caller, "told accepted", []any{"default", nil})
	must(t, caller.WaitEvent(limit, "changed camera", 2))
	mustGet(t, caller, "camera", false)
	mustGet(t, caller, "microphone", true)
	mustHear(t, called, pageHz)
	mustHear(t, caller, pageHz)
	must(t, caller.Call(nil, "hangup"))
	mustBe(t, called, "ended")
}

// videoIOBesideEmbed: an embed that is left in the page is a player, too; its flashVars are its first properties. And
// the own camera is shown when the page asks for it alone.
func (w *world) videoIOBesideEmbed(t *testing.T) {
	page, _ := w.openVideoIO(t)
	must(t, page.WaitEvent(limit, "created phone2", 1))
	var volume float64
	must(t, page.Call(&volume, "getOther", "volume"))
	if volume != 0.25 {
		t.Errorf("flashVars leave the volume at %v", volume)
	}
	must(t, page.Call(nil, "set", "cameraDimension", "640x480"))
	must(t, page.Call(nil, "set", "src", "?live=true"))
	must(t, page.WaitEvent(limit, "changed deviceAllowed", 1))
	var width float64
	must(t, page.Call(&width, "ownWidth"))
	if width != 640 {
		t.Errorf("the own camera is %v wide", width)
	}
	must(t, page.Call(nil, "set", "src", nil))
	must(t, page.Call(&width, "ownWidth"))
	if width != 0 {
		t.Error("the camera stays on")
	}
}

// videoIORecords: a page records, plays what it has recorded, and is refused what it has not.
func (w *world) videoIORecords(t *testing.T) {
	page, _ := w.openVideoIO(t)
	must(t, page.Call(nil, "set", "src", "rtmp://localhost/app?publish=file1&record=true"))
	must(t, page.WaitEvent(limit, "changed currentTime", 2))
	mustGet(t, page, "recording", true)
	must(t, page.Call(nil, "set", "src", nil))
	must(t, page.Call(nil, "set", "src", "rtmp://localhost/app?play=file1"))
	must(t, page.WaitEvent(limit, "changed videoWidth", 1))
	mustGet(t, page, "videoWidth", 320.0)
	must(t, page.WaitEvent(limit, "changed playing", 2)) // to its end
	mustGet(t, page, "playerState", "stopped")
	mustSound(t, page)
	var seconds float64
	must(t, page.Call(&seconds, "get", "duration"))
	if seconds < 1 || seconds > limit.Seconds() {
		t.Errorf("the recording lasts %v s", seconds)
	}
	must(t, page.Call(nil, "set", "src", "rtmp://localhost/app?play=file2"))
	must(t, page.WaitEvent(limit, "changed src", 5))
	mustGet(t, page, "src", nil)
}

// mustSound wants the player to have decoded the sound of what it played.
func mustSound(t *testing.T, p *page) {
	t.Helper()
	var heard bool
	must(t, p.Call(&heard, "decodes"))
	if !heard {
		t.Error("no sound was decoded")
	}
}

// videoIOPlaysFile: a page plays a file that it loads by HTTP.
func (w *world) videoIOPlaysFile(t *testing.T) {
	dir := t.TempDir()
	ffmpeg, err := process.Find("ffmpeg", "ffmpeg")
	must(t, err)
	must(t, exec.CommandContext(t.Context(), ffmpeg, "-f", "lavfi", "-i", "testsrc=size=320x240:rate=10",
		"-f", "lavfi", "-i", "sine=800", "-t", "1", "-c:v", "libvpx", "-c:a", "libopus", dir+"/film.webm").Run())
	files := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(files.Close)
	page, _ := w.openVideoIO(t)
	must(t, page.Call(nil, "set", "src", files.URL+"/film.webm"))
	must(t, page.WaitEvent(limit, "changed playing", 2)) // to its end
	mustGet(t, page, "playerState", "stopped")
	mustGet(t, page, "videoWidth", 320.0)
	mustSound(t, page)
	must(t, page.Call(nil, "set", "src", files.URL+"/none.webm"))
	must(t, page.WaitEvent(limit, "player connectionError", 1))
}

// videoIORefused: a wrong password takes the src away; so does one that is taken back.
func (w *world) videoIORefused(t *testing.T) {
	page, account := w.openVideoIO(t)
	right := account.Password
	account.Password = "wrong"
	if err := page.Register(account); err == nil {
		t.Error("a wrong password connects")
	}
	mustGet(t, page, "src", nil)
	account.Password = right
	must(t, page.Register(account))
	must(t, page.Call(nil, "unregister"))
	mustGet(t, page, "nearID", nil)
}

// videoIOLosesServer: a page in a call is told by its src that the server is gone.
func (w *world) videoIOLosesServer(t *testing.T) {
	page := w.newVideoIO(t)
	must(t, page.Call(nil, "call", "sip:echo@localhost"))
	mustBe(t, page, "established")
	mustHear(t, page, pageHz)
	w.service.Stop()
	must(t, page.WaitEvent(limit, "changed src", 2))
	mustGet(t, page, "src", nil)
	mustGet(t, page, "recording", false)
}

// mustCallBack wants the callbacks of a page, in their order.
func mustCallBack(t *testing.T, p *page, want []string) {
	t.Helper()
	story, err := p.Story()
	must(t, err)
	var told []string
	for _, event := range story {
		if len(event.Type) > 5 && event.Type[:5] == "told " {
			told = append(told, event.Type)
		}
	}
	if !slices.Equal(told, want) {
		t.Errorf("the page was told %q", told)
	}
}
