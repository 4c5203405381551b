package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/kamailio"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// TestFirefox: JsSIP and our SIPml in Firefox place and receive calls.
func TestFirefox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Firefox, service.Options{Hashed: true})
	for _, codec := range []string{"PCMU", "opus"} {
		t.Run("placed in "+codec, func(t *testing.T) {
			p, phone := w.talkingIn(t, jsSIP, codec, answerUntilBye)
			must(t, p.Call(nil, "dtmf", allKeys, "rtp", 100))
			mustHaveKeys(t, phone.Ear)
			must(t, p.Call(nil, "hangup"))
			must(t, phone.Wait(limit))
		})
	}
	t.Run("placed by SIPml", func(t *testing.T) {
		p, phone := w.talkingToScript(t, ours(w), answerUntilBye)
		must(t, p.Call(nil, "hangup"))
		must(t, phone.Wait(limit))
	})
	t.Run("received by SIPml", func(t *testing.T) { w.receivedInFirefox(t, ours(w)) })
	t.Run("received", func(t *testing.T) { w.receivedInFirefox(t, jsSIP) })
	t.Run("screen shared by SIPml", w.screenOfSIPmlInFirefox)
	t.Run("screen shared by the web phone", w.screenOfWebPhoneInFirefox)
}

// screenOfSIPmlInFirefox: Firefox shares a screen with nobody but who has just clicked.
func (w *world) screenOfSIPmlInFirefox(t *testing.T) {
	t.Helper()
	p := w.newPage(t, ours(w))
	must(t, p.Call(nil, "showVideo"))
	must(t, p.Call(nil, "offer", "share", "call", "sip:echo@localhost", "call-screenshare"))
	must(t, p.Click("share"))
	mustBe(t, p, "established")
	sees(t, p)
	var size [2]int
	if must(t, p.Call(&size, "picture")); size != [2]int{browser.ScreenWidth, browser.ScreenHeight} {
		t.Errorf("what comes back has the size %v", size)
	}
	mustHear(t, p, pageHz)
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
}

func (w *world) screenOfWebPhoneInFirefox(t *testing.T) {
	t.Helper()
	opened, err := w.browser.OpenWatched(w.service.HTTP + "/phone/")
	must(t, err)
	p := &webPhone{T: t, Page: opened, user: userName(int(w.users.Add(1)) - 1)}
	p.signIn(p.password())
	p.await("line", "registered")
	p.enter("target", "echo")
	p.press("Call")
	p.await("call", "up")
	must(t, p.Click("screen"))
	p.mustHave("remote-video", "videoWidth", browser.ScreenWidth) // nothing moves on it, so pictures are few
	p.press("Stop sharing")
	must(t, p.Call(nil, "waitHidden", "video-box", limit.Milliseconds())) // the last picture does not stay
	must(t, p.Click("screen"))
	p.mustHave("remote-video", "hidden", false)
	p.press("Stop sharing")
	mustHear(t, p, pageHz)
	p.press("Hang up")
	p.await("call", "none")
}

func (w *world) receivedInFirefox(t *testing.T, library string) {
	t.Helper()
	p := w.newPage(t, library)
	phone := newPhone(t, baresip.Options{User: "phone", Codec: "PCMA", Transport: "tcp"})
	must(t, phone.Dial(w.uri(p)))
	mustBe(t, p, "incoming")
	must(t, p.Call(nil, "answer"))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hold"))
	must(t, p.WaitSilence(limit))
	must(t, p.Call(nil, "resume"))
	mustTalk(t, p, phone)
	must(t, phone.Hangup())
	mustBe(t, p, "ended")
}

// TestUpstream: pages register through the bridge at Kamailio, call a phone there and are called by it.
func TestUpstream(t *testing.T) {
	t.Parallel()
	passwords := map[string]string{"desk": "builder"}
	for number := range 10 {
		passwords[userName(number)] = password(number)
	}
	const domain = "pbx.test"
	server, err := kamailio.Start(kamailio.Options{Domain: domain, Passwords: passwords, Dir: t.TempDir()})
	must(t, err)
	defer server.Stop()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.Report())
		}
	})
	w := newWorld(t, browser.Chromium, service.Options{NextHops: map[string]string{domain: server.Address}})
	phone := newPhone(t, baresip.Options{
		User: "desk", Password: passwords["desk"], Domain: domain, Registrar: server.Address, Codec: "PCMA",
	})
	closed := 0
	for name, library := range map[string]string{jsSIP: jsSIP, sipJS: sipJS, sipML5: sipML5, "SIPml": ours(w)} {
		t.Run(name, func(t *testing.T) {
			p, account := w.openPage(t, library)
			account.URI, account.Domain = "sip:"+p.user+"@"+domain, domain
			must(t, p.Register(account))

			must(t, p.Call(nil, "call", "sip:desk@"+domain))
			mustBe(t, p, "established")
			mustTalk(t, p, phone)
			must(t, p.Call(nil, "hangup"))
			closed++
			_, err := phone.WaitEvent(baresip.Closed, closed, limit)
			must(t, err)

			must(t, phone.Dial(account.URI))
			mustBe(t, p, "incoming")
			must(t, p.Call(nil, "answer"))
			mustBe(t, p, "established")
			mustTalk(t, p, phone)
			must(t, phone.Hangup())
			closed++
			mustBe(t, p, "ended")
			must(t, p.Call(nil, "unregister"))
		})
	}
}

// TestNothingIsLeftBehind places 50 calls in a row and counts what the service holds before and after.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	const calls = 50
	w := newWorld(t, browser.Chromium, service.Options{})
	sound, media := newEar(t)
	phone := runScript(t, sound, sipp.Options{
		Steps: []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitBye()}, Calls: calls + 1,
	})
	p := w.newPage(t, jsSIP)
	w.shortCall(t, p, phone) // what is made once, at the first call, is not left behind by it
	before := w.usageAtRest(t, service.Usage{})
	before.Held = 0 // transactions of the first call may still run out
	for range calls {
		w.shortCall(t, p, phone)
	}
	must(t, phone.Wait(limit))
	after := w.usageAtRest(t, before)
	t.Logf("before %d calls %+v, after them %+v", calls, before, after)
	if !after.Within(before) {
		t.Errorf("after %d calls %+v, before %+v", calls, after, before)
	}
	status, _, err := w.service.Get("/healthz")
	if err != nil || status != http.StatusOK {
		t.Errorf("/healthz is %d, %v", status, err)
	}
}

func (w *world) shortCall(t *testing.T, p *page, phone *scripted) {
	t.Helper()
	packets := phone.Packets() + 1
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	must(t, phone.WaitPackets(packets, limit))
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
}

// usageAtRest waits until the usage is down to the wanted, or, with none wanted, until it stands still. What ends
// by a timer (RFC 3261's 32 s transactions) has its time.
func (w *world) usageAtRest(t *testing.T, wanted service.Usage) service.Usage {
	t.Helper()
	deadline := time.Now().Add(45 * time.Second)
	var last service.Usage
	still := 0
	for {
		usage, err := w.service.Usage()
		must(t, err)
		still++
		if usage != last {
			last, still = usage, 0
		}
		if usage.Within(wanted) || time.Now().After(deadline) || (wanted == service.Usage{} && still >= 20) {
			return usage
		}
		time.Sleep(250 * time.Millisecond) // nothing tells when timers have run out
	}
}

// TestDrain: told to stop, the service takes no new call, lets the old one finish, and ends with 0.
func TestDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{
		Settings: map[string]map[string]any{"call": {"drain": "60s"}},
	})
	p, phone := w.talkingToScript(t, jsSIP, answerUntilBye)
	other := w.newPage(t, jsSIP)
	must(t, w.service.Terminate())
	mustDrain(t, w)
	must(t, other.Call(nil, "call", "sip:echo@localhost"))
	mustEndWith(t, other, 503)
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
	code, err := w.service.Wait(limit)
	if err != nil || code != 0 {
		t.Errorf("ended with code %d, %v", code, err)
	}
}

// mustDrain waits until the service says that it is not ready.
func mustDrain(t *testing.T, w *world) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		status, _, err := w.service.Get("/readyz")
		if err == nil && status == http.StatusServiceUnavailable {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(fmt.Errorf("/readyz is %d: %w", status, err))
		}
		time.Sleep(20 * time.Millisecond) // one poll of a web page after another
	}
}
