package e2e

import (
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// TestWebPhonePictures: two users of the web phone see each other, from the beginning and over a reload, in a window
// and on the whole screen; one shows his screen, and both hide what they show. Then one shows himself in a call of
// sound, by one camera and another, and to a phone that only hears, and says to all where he is.
func TestWebPhonePictures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	bob := openWebPhone(t, w)
	alice := openWebPhoneAt(t, w.service.HTTP+"/phone/?has_video=true&has_location=true&location=the+lab",
		userName(int(w.users.Add(1))-1), browser.Options{
			Origin: w.service.HTTP, Flags: []string{"--use-fake-device-for-media-stream=device-count=3"},
		})
	alice.enter("target", bob.user)
	alice.press("Call")
	bob.await("call", "incoming")
	bob.mustShow("call-state", "with video")
	bob.mustShow("peer-place", "the lab")
	bob.press("Answer with camera")
	alice.mustSee("remote-video")
	bob.mustSee("remote-video")
	alice.looksElsewhere()
	must(t, alice.Reload())
	alice.mustSee("local-video")
	alice.mustSee("remote-video")
	bob.mustSee("remote-video")
	bob.press("Screen")
	alice.mustSee("remote-video")
	alice.picture(t, "phone-pictures")
	alice.press("Camera off")
	bob.mustShow("video-none", "shows nothing")
	must(t, bob.Call(nil, "waitHidden", "remote-video", limit.Milliseconds()))
	must(t, alice.Reload()) // what the other side shows is seen without a camera, too
	alice.mustSee("remote-video")
	bob.press("Stop sharing")
	must(t, alice.Call(nil, "waitHidden", "video-box", limit.Milliseconds()))
	mustHear(t, alice, pageHz)
	alice.press("Hang up")
	bob.await("call", "none")

	bob.enter("target", alice.user)
	bob.press("Call")
	alice.await("call", "incoming")
	alice.press("Answer")
	bob.await("call", "up")
	alice.choosesCameras(func() { bob.mustSee("remote-video") })
	bob.press("Hang up")
	alice.await("call", "none")

	phone := callee(t, answerUntilBye)
	alice.enter("target", phone.number())
	alice.press("Call")
	alice.mustShow("message", "takes no video")
	invite, err := phone.WaitMessage("INVITE ", limit)
	must(t, err)
	if !strings.Contains(invite, "Geolocation: <cid:") || !strings.Contains(invite, "<ca:LOC>the lab</ca:LOC>") {
		t.Errorf("the phone is called by %s", invite)
	}
	mustHear(t, phone, pageHz)
	must(t, alice.Call(nil, "waitHidden", "video-box", limit.Milliseconds()))
	alice.press("Hang up")
	must(t, phone.Wait(limit))
}

// choosesCameras shows the third of the cameras, and then the first.
func (p *webPhone) choosesCameras(mustBeSeen func()) {
	p.Helper()
	var cameras []string
	must(p.T, p.Call(&cameras, "options", "videoinput"))
	if len(cameras) != 4 { // the browser's choice, and three, of which Chromium's second one measures depth
		p.Fatalf("only the cameras %q", cameras)
	}
	choose := func(device string) {
		p.show("settings")
		p.enter("videoinput", device)
		p.show("call")
	}
	p.show("settings")
	p.press("Show Audio and video")
	choose(cameras[3])
	p.press("Camera")
	p.mustShowCamera(cameras[3])
	mustBeSeen()
	choose(cameras[1])
	p.mustShowCamera(cameras[1])
	p.mustSee("local-video")
	mustBeSeen()
}

// looksElsewhere puts the other side's pictures into a window of their own and onto the whole screen, and back.
func (p *webPhone) looksElsewhere() {
	p.Helper()
	p.push("video-small")
	must(p.T, p.Call(nil, "waitInPicture", "remote-video", limit.Milliseconds()))
	p.mustSee("remote-video")
	p.push("video-small")
	must(p.T, p.Call(nil, "waitInPicture", "", limit.Milliseconds()))
	p.push("video-full")
	must(p.T, p.Call(nil, "waitFullScreen", "stage", limit.Milliseconds()))
	p.mustSee("remote-video")
	must(p.T, p.Call(nil, "leaveFullScreen"))
	must(p.T, p.Call(nil, "waitFullScreen", "", limit.Milliseconds()))
}

// mustSee waits until the page has shown a second of fresh pictures.
func (p *webPhone) mustSee(id string) {
	p.Helper()
	must(p.T, p.Call(nil, "waitPictures", id, 15, limit.Milliseconds()))
}

// mustShowCamera waits until the small picture is this camera's.
func (p *webPhone) mustShowCamera(device string) {
	p.Helper()
	must(p.T, p.Call(nil, "waitCamera", "local-video", device, limit.Milliseconds()))
}

// push pushes a button by the keyboard: what a user has not asked for himself, the browser does not do.
func (p *webPhone) push(id string) {
	p.Helper()
	must(p.T, p.Call(nil, "focus", id))
	must(p.T, p.Press("Enter"))
}
