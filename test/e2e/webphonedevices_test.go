package e2e

import (
	"slices"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// TestWebPhoneDevices: a user with two microphones and two speakers chooses among them in a call, and unplugs what he
// has chosen. The devices are PulseAudio's, and each microphone gives another tone.
func TestWebPhoneDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	p := openWebPhoneAt(t, w.service.HTTP+"/", userName(int(w.users.Add(1))-1), browser.Options{
		Origin: w.service.HTTP, Microphones: []int{440, 620}, Speakers: []string{"desk", "headset"},
	})
	p.mustRing(w)
	phone := callee(t, answerUntilBye)
	p.enter("target", phone.number())
	p.press("Call")
	p.await("call", "up")

	p.show("settings")
	p.press("Show Audio and video")
	p.choose("audioinput", "440 Hz")
	mustHear(t, phone, 440)
	p.choose("audioinput", "620 Hz")
	mustHear(t, phone, 620)
	headset := p.choose("audiooutput", "headset")
	p.mustHave("remote", "sinkId", headset)
	p.mustPlayOn("headset")

	p.mustUnplug(p.UnplugSpeaker("headset"))
	p.mustHave("remote", "sinkId", "")
	p.mustUnplug(p.UnplugMicrophone(620))
	p.mustShow("message", "The microphone was unplugged. Another one is used now.")
	mustHear(t, phone, 440)
	mustHear(t, p, phoneHz)
	p.choose("audioinput", "440 Hz")
	must(t, phone.WaitPackets(phone.Packets()+2*50, limit)) // two seconds of fresh sound: what is heard is not old
	mustHear(t, phone, 440)
	mustHearOfLoss := p.talksBySIPml(w)
	p.mustUnplug(p.UnplugMicrophone(440))
	mustHearOfLoss()
	p.mustShow("message", "does not hear you until you plug one in")
	mustHear(t, p, phoneHz)
	p.show("call")
	p.press("Hang up")
	must(t, phone.Wait(limit))
}

// mustRing expects the page to play something when it is called, and nothing before. Nobody has clicked on it yet: that
// the browser lets it sound all the same is as with a page that was loaded anew.
func (p *webPhone) mustRing(w *world) {
	p.Helper()
	if playing, err := p.Playing(); err != nil || len(playing) > 0 {
		p.Fatalf("something is played on %q already, %v", playing, err)
	}
	caller := w.newPage(p.T, jsSIP)
	must(p.T, caller.Call(nil, "call", "sip:"+p.user+"@localhost"))
	p.await("call", "incoming")
	p.awaitPlaying("something", func(on []string) bool { return len(on) > 0 })
	must(p.T, caller.Call(nil, "hangup"))
	p.await("call", "none")
}

// talksBySIPml calls echo from another page in the same browser. What it gives expects that page to have been told that
// its microphone is gone, and the call to go on.
func (p *webPhone) talksBySIPml(w *world) (mustHearOfLoss func()) {
	p.Helper()
	number := int(w.users.Add(1)) - 1
	opened, err := p.Browser().Open(w.pages.URL(ours(w)))
	must(p.T, err)
	other := &page{Page: opened, user: userName(number)}
	must(p.T, other.Register(browser.Account{
		WS: w.service.WS, URI: "sip:" + other.user + "@localhost", User: other.user, Domain: "localhost",
		Password: password(number),
	}))
	must(p.T, other.Call(nil, "hearNamed", []string{"media_removed"}))
	must(p.T, other.Call(nil, "call", "sip:tone@localhost"))
	mustBe(p.T, other, "established")
	return func() {
		p.Helper()
		must(p.T, other.WaitEvent(limit, "call webrtc_error", 1))
		must(p.T, other.WaitEvent(limit, "named media_removed", 1))
		mustHear(p.T, other, 1004)
		must(p.T, other.Call(nil, "hangup"))
	}
}

// mustUnplug has the browser look for its devices, after one was unplugged.
func (p *webPhone) mustUnplug(err error) {
	p.Helper()
	must(p.T, err)
	must(p.T, p.Call(nil, "changeDevices"))
}

// choose chooses a device by its name, and gives its id.
func (p *webPhone) choose(id, label string) string {
	p.Helper()
	var value string
	must(p.T, p.Call(&value, "choose", id, label, limit.Milliseconds()))
	return value
}

// mustHave waits until an element has a property.
func (p *webPhone) mustHave(id, name string, value any) {
	p.Helper()
	must(p.T, p.Call(nil, "waitProperty", id, name, value, limit.Milliseconds()))
}

// mustPlayOn waits until something is played on this speaker.
func (p *webPhone) mustPlayOn(speaker string) {
	p.Helper()
	p.awaitPlaying(speaker, func(on []string) bool { return slices.Contains(on, speaker) })
}

// awaitPlaying waits until what is played is played on the right speakers.
func (p *webPhone) awaitPlaying(what string, isRight func(on []string) bool) {
	p.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		playing, err := p.Playing()
		must(p.T, err)
		if isRight(playing) {
			return
		}
		if time.Now().After(deadline) {
			p.Fatalf("something is played on %q, not on %s", playing, what)
		}
	}
}
