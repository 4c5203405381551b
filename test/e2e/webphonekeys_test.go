package e2e

import (
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// padKeys are the keys of the web phone's dial pad, by the ends of their ids.
func padKeys() []string {
	return []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "0", "hash"}
}

// TestWebPhoneKeys: a phone hears each key of the web phone's dial pad once, and those of the keyboard, but nothing of
// what the user types elsewhere meanwhile; and nothing at all of a user who has muted himself.
func TestWebPhoneKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	p := openWebPhone(t, w)
	phone := callee(t, answerUntilBye)
	for _, digit := range []string{"4", "2"} { // before a call the pad writes whom to call
		p.click("key-" + digit)
	}
	must(t, p.Call(nil, "waitProperty", "target", "value", "42", limit.Milliseconds()))
	p.enter("target", phone.number())
	p.press("Call")
	p.await("call", "up")
	mustHear(t, phone, pageHz)

	for _, key := range padKeys() {
		p.click("key-" + key)
	}
	p.mustShow("sent", "123456789*0#")
	must(t, phone.WaitDigits("123456789*0#", limit))
	p.show("chat")
	for _, field := range []string{"chat-text", "chat-to"} {
		must(t, p.Call(nil, "focus", field))
		must(t, p.Press("5", "5"))
	}
	must(t, p.Call(nil, "waitProperty", "chat-text", "value", "55", limit.Milliseconds()))
	p.show("call")
	must(t, p.Call(nil, "focus", "hangup"))
	must(t, p.Press("7"))
	must(t, phone.WaitDigits("123456789*0#7", limit))

	p.press("Mute")
	must(t, phone.WaitQuiet(limit))
	p.press("Unmute")
	mustHear(t, phone, pageHz)
	must(t, p.Resize(1440, 900, "light"))
	must(t, p.Call(nil, "focus", "chat-text"))
	p.press("Hang up")
	must(t, phone.Wait(limit))
	p.await("call", "none")
	var focused string
	if must(t, p.Call(&focused, "focused")); focused != "chat-text" {
		t.Errorf("who writes a text while the call ends goes on in %q", focused)
	}
}
