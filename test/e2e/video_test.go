package e2e

import (
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// enough is how many pictures a page has to decode, at 15 a second.
const enough = 30

// TestVideo calls with pictures between pages of one Chromium.
func TestVideo(t *testing.T) {
	w := newWorld(t, browser.Chromium, service.Options{})
	for _, codec := range []string{"VP8", "VP9", "H264", "AV1"} {
		t.Run(codec, func(t *testing.T) { w.pagesSeeEachOther(t, codec) })
	}
}

// newCamera opens a page with a camera, whose pictures have this codec.
func (w *world) newCamera(t *testing.T, codec string) *page {
	t.Helper()
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "camera"))
	if codec != "" {
		must(t, p.Call(nil, "preferVideo", "video/"+codec))
	}
	return p
}

// pagesSeeEachOther calls from page to page; both see and hear each other.
func (w *world) pagesSeeEachOther(t *testing.T, codec string) {
	t.Helper()
	caller, called := w.newCamera(t, codec), w.newCamera(t, "")
	must(t, caller.Call(nil, "call", w.uri(called)))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	mustSee(t, caller, codec)
	mustSee(t, called, codec)
	mustHear(t, called, pageHz)
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
}

// mustSee waits until a page has seen enough of the other party.
func mustSee(t *testing.T, p *page, codec string) {
	t.Helper()
	seen, err := p.WaitPictures(enough, limit)
	if err != nil || seen.CodecIn != "video/"+codec {
		t.Errorf("%v; wants %s, sees %+v", err, codec, seen)
	}
	t.Logf("%+v", seen)
}
