package e2e

import (
	"net/url"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// show shows a part of the page where it is narrow.
func (p *webPhone) show(part string) { p.click("tab-" + part) }

// mustShow waits until the text of an element has these words in it.
func (p *webPhone) mustShow(id, words string) {
	p.Helper()
	must(p.T, p.Call(nil, "waitText", id, words, limit.Milliseconds()))
}

// write writes a text as a user does.
func (p *webPhone) write(to, text string) {
	p.Helper()
	p.show("chat")
	p.enter("chat-to", to)
	p.enter("chat-text", text)
	p.click("chat-send")
}

// TestWebPhoneBesideCalls: two users of the web phone write, watch each other, and find what they missed.
func TestWebPhoneBesideCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	alice := openWebPhone(t, w)
	bob := openWebPhone(t, w)
	t.Run("texts", func(t *testing.T) {
		alice.T, bob.T = t, t
		const text = "Pêche 🎣 <b>not bold</b>\r\n\r\nBYE"
		alice.write(bob.user, text)
		bob.mustShow("badge-chat", "1")
		bob.show("chat")
		bob.mustShow("chat-texts", "<b>not bold</b>")
		bob.mustShow("chat-texts", "🎣")
		must(t, bob.Call(nil, "waitText", "badge-chat", "", limit.Milliseconds()))
		chip := "chat-with-" + alice.user + "@localhost"
		must(t, bob.Call(nil, "focus", chip))
		alice.write(bob.user, "Are you there?")
		bob.mustShow("chat-texts", "Are you there?")
		var focused string
		if must(t, bob.Call(&focused, "focused")); focused != chip {
			t.Errorf("the focus went to %q", focused)
		}
		alice.write("nobody", "Is anybody there?")
		alice.mustShow("chat-texts", "Nobody here is called nobody")
		alice.mustShow("chat-texts", "not delivered")
		alice.mustShow("chat-texts", "Send again")
	})
	t.Run("presence", func(t *testing.T) {
		alice.T, bob.T = t, t
		alice.show("people")
		alice.enter("contact-address", bob.user)
		alice.click("contact-add")
		alice.mustShow("contacts", "available")
		bob.show("people")
		bob.enter("own-state", "busy")
		alice.mustShow("contacts", "busy")
		bob.enter("own-state", "available")
		alice.mustShow("contacts", "available")
	})
	t.Run("texts in a call", func(t *testing.T) {
		alice.T, bob.T = t, t
		alice.show("call")
		alice.enter("target", bob.user)
		alice.click("call")
		bob.await("call", "incoming")
		bob.click("answer")
		alice.await("call", "up")
		alice.show("people")
		bob.await("call", "up")
		alice.mustShow("contacts", "in a call")
		alice.write(bob.user, "in the call")
		bob.show("chat")
		bob.mustShow("chat-texts", "in the call")
		var trace string
		alice.show("help")
		alice.click("trace-fold")
		must(t, alice.Call(&trace, "text", "trace"))
		at := strings.LastIndex(trace, "MESSAGE sip:")
		if at < 0 || !strings.Contains(trace[at:], ";tag=") || !strings.Contains(to(trace[at:]), ";tag=") {
			t.Errorf("the text did not go in the dialog:\n%s", trace[max(0, at):])
		}
		if !strings.Contains(trace, "Authorization: Digest [left out]") || strings.Contains(trace, "response=") {
			t.Error("what proves who alice is is not left out")
		}
		alice.show("call")
		alice.click("hangup")
		bob.await("call", "none")
	})
	t.Run("missed call", func(t *testing.T) {
		alice.T, bob.T = t, t
		alice.show("call")
		alice.enter("target", bob.user)
		alice.click("call")
		bob.await("call", "incoming")
		alice.click("hangup")
		bob.await("call", "none")
		bob.mustShow("badge-people", "1")
		bob.show("people")
		bob.mustShow("history", "missed")
		bob.mustShow("history", "incoming, 0:")
		alice.show("people")
		alice.mustShow("history", "outgoing, not answered")
	})
	t.Run("transferred", func(t *testing.T) {
		alice.T, bob.T = t, t
		alice.show("call")
		alice.enter("target", bob.user)
		alice.click("call")
		bob.await("call", "incoming")
		bob.show("call")
		bob.click("answer")
		alice.await("call", "up")
		alice.click("transfer")
		alice.enter("pass-target", "echo")
		alice.click("pass-now")
		alice.await("call", "none")
		bob.mustShow("peer-address", "echo@")
		bob.click("hangup")
		bob.await("call", "none")
	})
	t.Run("next user", func(t *testing.T) {
		alice.T, bob.T = t, t
		bob.show("call")
		bob.click("unregister")
		bob.mustHave("password", "value", "")
		must(t, bob.Call(nil, "waitText", "chat-people", "", limit.Milliseconds()))
		bob.user = userName(int(w.users.Add(1)) - 1)
		bob.signIn(bob.password())
		bob.await("line", "registered")
		bob.show("help")
		bob.mustShow("log", "Registered as "+bob.user)
		for _, id := range []string{"chat-texts", "log", "trace"} {
			var text string
			if must(t, bob.Call(&text, "text", id)); strings.Contains(text, alice.user) {
				t.Errorf("the next user reads in %s: %s", id, text)
			}
		}
	})
}

// to is the To header of a message.
func to(message string) string {
	_, rest, _ := strings.Cut(message, "\nTo:")
	header, _, _ := strings.Cut(rest, "\n")
	return header
}

// TestWebPhoneFollowsItsAddress: a link of the sip-js phone fills the page in, and its settings reach the service.
func TestWebPhoneFollowsItsAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	number := int(w.users.Add(1)) - 1
	link := "/phone/?" + url.Values{
		"username": {userName(number)}, "domain": {"localhost"}, "authname": {userName(number)},
		"password":    {password(number)},
		"displayname": {"Jörg"}, "target": {"echo"}, "register_interval": {"77"}, "user_agent": {"linked/1"},
		"webrtc_servers": {"stun:192.0.2.1"}, "has_tones": {"false"}, "network_type": {"Flash"},
	}.Encode()
	opened, err := w.browser.OpenWatched(w.service.HTTP + link)
	must(t, err)
	p := &webPhone{T: t, Page: opened}
	p.mustShow("message", "no Flash")
	p.click("register")
	p.await("line", "registered")
	p.click("call") // the target is filled in
	p.mustShow("peer", "echo")
	p.click("hangup")
	p.show("help")
	p.click("trace-fold")
	for _, words := range []string{";expires=77", "User-Agent: linked/1", "From: \"Jörg\""} {
		p.mustShow("trace", words)
	}
	p.show("settings")
	p.click("registration-fold")
	p.mustShow("aor", "sip:"+userName(number)+"@localhost")
	p.mustShow("socket-state", "open")
	var kept string
	must(t, p.Call(&kept, "kept"))
	if strings.Contains(kept, password(number)) {
		t.Errorf("the browser keeps the password: %s", kept)
	}
}
