package e2e

import (
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// TestWebPhoneWithoutRegistration: a user who does not register calls for help, by the name of that service, proves who
// he is then, and cannot be called.
func TestWebPhoneWithoutRegistration(t *testing.T) {
	t.Parallel()
	phone := callee(t, answerUntilBye)
	w := newWorld(t, browser.Chromium, service.Options{Routes: []map[string]any{{
		"from": "users", "match": "^urn:service:sos$", "to": strings.Replace(phone.URI, "sip:", "sip:help-", 1),
	}}})
	b := w.browser
	opened, err := b.OpenWatched(w.service.HTTP + "/phone/?has_registration=false")
	must(t, err)
	p := &webPhone{T: t, Page: opened, user: userName(int(w.users.Add(1)) - 1)}
	p.enter("username", p.user)
	p.enter("domain", "localhost")
	p.enter("password", password(0))
	p.click("register")
	p.await("line", "open")
	p.enter("target", "urn:service:sos")
	p.press("Call")
	p.await("call", "up")
	mustHear(t, phone, pageHz)
	p.press("Hang up")
	must(t, phone.Wait(limit))

	other := w.newPage(t, jsSIP)
	must(t, other.Call(nil, "call", "sip:"+p.user+"@localhost"))
	mustBe(t, other, "ended")
	if reason, err := other.Reason(); err != nil || reason.Code != 480 {
		t.Errorf("%v: who calls him is told %+v", err, reason)
	}
}
