package e2e

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// holdable answers, is put on hold and taken back as often as the directions say, and waits to be hung up on.
func holdable(directions ...string) func(sipp.Media) []sipp.Step {
	return func(media sipp.Media) []sipp.Step {
		steps := []sipp.Step{sipp.Ring(), sipp.Answer(media)}
		for i, direction := range directions {
			steps = append(steps, sipp.AwaitReinvite(media, i+2, direction))
		}
		return append(steps, sipp.AwaitBye())
	}
}

// place calls a phone from the field for one more call.
func (p *webPhone) place(phone *scripted) {
	p.Helper()
	p.press("Add call")
	p.enter("target", phone.number())
	p.press("Call")
	p.await("call", "up")
	mustHear(p.T, phone, pageHz)
}

// TestWebPhoneSeveralCalls: a user talks to one phone while another waits, swaps them, hears of a call that comes in
// meanwhile, and connects the two.
func TestWebPhoneSeveralCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	p := openWebPhone(t, w)
	first := callee(t, holdable("recvonly", "sendrecv", "recvonly", "sendrecv"))
	second := callee(t, holdable("recvonly", "sendrecv"))
	p.enter("target", first.number())
	p.press("Call")
	p.await("call", "up")
	mustHear(t, first, pageHz)

	p.place(second)
	must(t, first.WaitQuiet(limit))
	p.mustShow("others", "On hold")
	p.press("Talk to " + shown(first)) // swap
	mustHear(t, first, pageHz)
	must(t, second.WaitQuiet(limit))
	p.mustShow("peer", shown(first))

	caller := w.newPage(t, jsSIP)
	must(t, caller.Call(nil, "call", "sip:"+p.user+"@localhost"))
	mustBe(t, caller, "ringing")
	p.mustShow("others", caller.user)
	p.picture(t, "phone-several")
	p.press("Decline " + caller.user)
	mustEndWith(t, caller, 603)
	mustHear(t, first, pageHz)

	p.press("Talk to " + shown(second))
	mustHear(t, second, pageHz)
	p.press("Connect " + shown(first) + " with " + shown(second))
	p.await("call", "none")
	mustJoin(t, first, second)
	p.mustShow("message", "now.")
}

var (
	// rating is a mean opinion score with its word.
	rating = regexp.MustCompile(`^[1-4]\.\d (good|fair|poor|bad)$`)
	// share is one of packets or of sound, and wait a delay that no call comes below.
	share = regexp.MustCompile(`^\d+\.\d %$`)
	wait  = regexp.MustCompile(`^[1-9]\d+ ms$`)
)

// mustRate waits until the page rates its call, and says what the score is made of. How well a call goes is up to the
// machine.
func (p *webPhone) mustRate() {
	p.Helper()
	p.mustShow("quality-mos", ".")
	for id, form := range map[string]*regexp.Regexp{
		"quality-mos": rating, "quality-loss": share, "quality-concealed": share, "quality-delay": wait,
	} {
		var shown string
		must(p.T, p.Call(&shown, "text", id))
		if !form.MatchString(shown) {
			p.Errorf("the page shows %s as %q", id, shown)
		}
	}
}

// TestWebPhoneSound: a user sees how well a call sounds, chooses another microphone in it, and tries his devices.
func TestWebPhoneSound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	p := openWebPhone(t, w)
	phone := callee(t, answerUntilBye)
	p.enter("target", phone.number())
	p.press("Call")
	p.mustShow("quality-codec", "PCMU")
	p.mustRate()
	p.mustShow("quality-roundtrip", "ms")
	p.picture(t, "phone-quality")

	p.show("settings")
	p.press("Show Audio and video")
	var microphones []string
	must(t, p.Call(&microphones, "options", "audioinput"))
	if len(microphones) < 2 {
		t.Fatalf("only the microphones %q", microphones)
	}
	p.enter("audioinput", microphones[len(microphones)-1])
	must(t, phone.WaitPackets(phone.Packets()+2*50, limit)) // two seconds of fresh sound: what is heard is not old
	mustHear(t, phone, pageHz)
	p.press("Test microphone")
	must(t, p.Call(nil, "waitLevel", "microphone-level", 0.3, limit.Milliseconds()))
	p.press("Play test tone")
	p.picture(t, "phone-devices")
	p.show("call")
	p.press("Hang up")
	must(t, phone.Wait(limit))
}

// TestWebPhoneSays: what goes wrong with a call has its sentence on the page.
func TestWebPhoneSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	p := openWebPhone(t, w)
	p.enter("target", "nobody")
	p.press("Call")
	p.mustShow("message", "Nobody here is called nobody")
	p.click("unregister")
	p.signIn("wrong")
	p.mustShow("message", "Name or password is wrong.")
	p.signIn(p.password())
	p.await("line", "registered")

	opened, err := w.browser.OpenWatched(w.service.HTTP + "/phone/")
	must(t, err)
	stranger := &webPhone{T: t, Page: opened}
	stranger.enter("username", p.user)
	stranger.enter("domain", "localhost")
	stranger.enter("password", "wrong")
	stranger.click("register")
	stranger.mustShow("message", "Name or password is wrong.")

	// A second tab with the same account rings, too, and hears that the first has answered.
	second := openWebPhoneAs(t, w, p.user)
	// Whose page is behind another one is told of the call by the browser.
	must(t, p.Hide())
	caller := w.newPage(t, jsSIP)
	must(t, caller.Call(nil, "call", "sip:"+p.user+"@localhost"))
	p.await("call", "incoming")
	second.await("call", "incoming")
	p.mustNotify(caller.user + " is calling")
	second.mustNotify()
	p.press("Answer")
	mustBe(t, caller, "established")
	p.mustNotify()
	second.await("call", "none")
	second.mustShow("message", "Answered elsewhere")
	must(t, caller.Call(nil, "hangup"))
	p.mustShow("message", "hung up")

	w.service.Stop()
	p.mustShow("message", "The connection to")
}

// mustNotify waits until the browser shows the user these notifications and no others.
func (p *webPhone) mustNotify(titles ...string) {
	p.Helper()
	must(p.T, p.Call(nil, "waitNotices", append([]string{}, titles...), limit.Milliseconds()))
}

// TestWebPhoneWithoutMicrophone: who has none, may use none, or came without a certificate reads why no call goes out;
// and a page that calls by SIPml is told.
func TestWebPhoneWithoutMicrophone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(w.service.HTTP, "http://"))
	must(t, err)
	for name, fault := range map[string]struct {
		address string
		options browser.Options
		words   string
		event   string
	}{
		"none": {
			w.service.HTTP,
			browser.Options{Origin: w.service.HTTP, NoMicrophone: true},
			"No microphone was found",
			"webrtc_error NotFoundError: ",
		},
		"refused": {w.service.HTTP, browser.Options{
			Origin: "https://other.test", Flags: []string{"--use-fake-ui-for-media-stream=deny"},
		}, "not allowed for this page", "webrtc_error NotAllowedError: "},
		"insecure": {"http://bridge.test:" + port, browser.Options{
			Origin: w.service.HTTP, Flags: []string{"--host-resolver-rules=MAP bridge.test 127.0.0.1"},
		}, "only to pages from https", "not ready getUserMedia not supported: this page was not loaded by https"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := userName(int(w.users.Add(1)) - 1)
			p := openWebPhoneAt(t, fault.address+"/phone/", user, fault.options)
			p.enter("target", "echo")
			p.press("Call")
			p.mustShow("message", fault.words)
			p.await("call", "none")
			var told []string
			account := browser.Account{URI: "sip:" + user + "@localhost", User: user, Domain: "localhost"}
			must(t, p.Call(&told, "callBySIPml", account, "sip:echo@localhost"))
			if !strings.Contains(strings.Join(told, "\n"), fault.event) {
				t.Errorf("a page that calls by SIPml is told %q, not %s", told, fault.event)
			}
		})
	}
}

// picture keeps what the page looks like, if E2E_PICTURES names a folder.
func (p *webPhone) picture(t *testing.T, name string) {
	t.Helper()
	if folder := os.Getenv("E2E_PICTURES"); folder != "" {
		must(t, p.Screenshot(filepath.Join(folder, name+".png")))
	}
}
