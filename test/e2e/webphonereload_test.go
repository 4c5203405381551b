package e2e

import (
	"net/url"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// longestGap is how long both may hear nothing while the page is loaded anew, besides the time in which it is loaded,
// which is the machine's. On an idle machine both together are less than half a second in Chromium and in Firefox.
const longestGap = 2 * time.Second

// TestWebPhoneKeepsItsCalls: a user of the web phone reloads the page in a call, and then comes to another network.
func TestWebPhoneKeepsItsCalls(t *testing.T) {
	w := newWorld(t, browser.Chromium, service.Options{})
	for _, kind := range []browser.Kind{browser.Chromium, browser.Firefox} {
		t.Run(string(kind), func(t *testing.T) { w.keepsItsCalls(t, kind) })
	}
}

func (w *world) keepsItsCalls(t *testing.T, kind browser.Kind) {
	t.Helper()
	user := userName(int(w.users.Add(1)) - 1)
	p := openWebPhoneAt(t, w.service.HTTP+"/", user, browser.Options{Kind: kind, Origin: w.service.HTTP})
	phone := callee(t, answerUntilBye)
	p.enter("target", phone.number())
	p.click("call")
	p.await("call", "up")
	mustHear(t, phone, pageHz)
	mustHear(t, p, phoneHz)
	phone.Gap()
	for range 2 { // the second time it is the call that was taken back
		left := time.Now()
		must(t, p.Reload())
		allowed := longestGap + time.Since(left)
		mustHear(t, p, phoneHz)
		back := time.Since(left)
		p.await("call", "up")
		mustHear(t, phone, pageHz)
		gap := phone.Gap()
		t.Logf("silence of %v at the page, and of %v at the phone, of %v", back, gap, allowed)
		if back > allowed || gap > allowed {
			t.Errorf("silence of %v at the page, and of %v at the phone, not of %v at most", back, gap, allowed)
		}
	}
	if sources := phone.Sources(); sources != 1 {
		t.Errorf("the phone has heard %d streams", sources)
	}
	p.await("line", "registered")
	if kind == browser.Chromium { // what follows goes the same way in Firefox
		p.mustShow("quality-mos", "good") // the machine is this test's
		p.mustRestart(phone)
	}
	p.click("hangup")
	must(t, phone.Wait(limit)) // a message that is not in its script would have ended it
	w.mustBeEmpty(t)
}

// TestWebPhoneMendsItsCall: the network loses all media of a call for a while. The page begins ICE anew in the same
// dialog until something gets through again, and the phone notices nothing but silence.
func TestWebPhoneMendsItsCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	var lost atomic.Bool
	network := newMiddle(t, w.service, func(heading, []byte) bool { return lost.Load() })
	address := w.service.HTTP + "/phone/?outbound=proxy&outbound_proxy_address=" + url.QueryEscape(network.address)
	user := userName(int(w.users.Add(1)) - 1)
	p := openWebPhoneAt(t, address, user, browser.Options{Origin: w.service.HTTP})
	phone := callee(t, answerUntilBye)
	p.enter("target", phone.number())
	p.press("Call")
	p.await("call", "up")
	mustHear(t, phone, pageHz)
	before := p.fragments()

	lost.Store(true)
	p.mustShow("call-state", "interrupted")
	p.awaitNewFragment(before)
	lost.Store(false)
	p.mustShow("call-state", "Connected")
	must(t, phone.WaitPackets(phone.Packets()+2*50, limit)) // two seconds of fresh sound: what is heard is not old
	mustHear(t, phone, pageHz)
	mustHear(t, p, phoneHz)
	p.press("Hang up")
	must(t, phone.Wait(limit))
}

// awaitNewFragment waits until the page has offered ICE another user fragment than these.
func (p *webPhone) awaitNewFragment(before []string) {
	p.Helper()
	for deadline := time.Now().Add(limit); len(p.fragments()) == len(before); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.Fatalf("the page has offered nothing since %v", before)
		}
	}
}

// mustRestart takes the page's WebSocket away and has the browser say that it is on the network again: ICE begins anew
// in the dialog that there is, by the next WebSocket, and the phone notices nothing.
func (p *webPhone) mustRestart(phone *scripted) {
	p.Helper()
	before := p.fragments()
	must(p.T, p.Call(nil, "dropSocket"))
	p.await("line", "lost")
	p.await("line", "registered")
	must(p.T, p.Call(nil, "comeOnline"))
	p.awaitNewFragment(before)
	must(p.T, phone.WaitPackets(phone.Packets()+2*50, limit)) // two seconds of fresh sound: what is heard is not old
	mustHear(p.T, phone, pageHz)
	mustHear(p.T, p, phoneHz)
}

var ownFragment = regexp.MustCompile(`a=ice-ufrag:(\S+)`)

// fragments are the ICE user fragments that the page has offered, each once.
func (p *webPhone) fragments() []string {
	p.Helper()
	frames, err := p.Trace()
	must(p.T, err)
	var all []string
	for _, frame := range frames {
		if found := ownFragment.FindStringSubmatch(frame.Text); frame.Way == "out" && found != nil {
			all = append(all, found[1])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
