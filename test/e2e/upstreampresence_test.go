package e2e

import (
	"fmt"
	"net"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/kamailio"
	"sipbridge/test/e2e/service"
)

// TestUpstreamPresence: pages publish and watch at Kamailio, through the bridge, and hear of their mailboxes; Kamailio
// asks for credentials, and the pages give them.
func TestUpstreamPresence(t *testing.T) {
	t.Parallel()
	const domain = "pbx.test"
	passwords := map[string]string{}
	for number := range 10 {
		passwords[userName(number)] = password(number)
	}
	server, err := kamailio.Start(kamailio.Options{
		Domain: domain, Passwords: passwords, Dir: t.TempDir(), Presence: true,
	})
	must(t, err)
	defer server.Stop()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.Report())
		}
	})
	w := newWorld(t, browser.Chromium, service.Options{NextHops: map[string]string{domain: server.Address}})
	abroad := func(t *testing.T, library string) (*page, string) {
		t.Helper()
		p, account := w.openPage(t, library)
		account.URI, account.Domain = "sip:"+p.user+"@"+domain, domain
		must(t, p.Register(account))
		return p, account.URI
	}
	for _, library := range []string{jsSIP, sipJS, sipML5} {
		t.Run("presence for "+library, func(t *testing.T) {
			watched, uri := abroad(t, sipJS)
			watcher, _ := abroad(t, library)
			must(t, watcher.Call(nil, "watch", uri, "presence", pidf))
			must(t, watched.Call(nil, "publish", busy))
			mustTell(t, watcher, "notify", `<tuple id="t">`)
			must(t, watched.Call(nil, "unpublish"))
			must(t, watcher.Call(nil, "unwatch"))
			ended := "unwatched"
			if library == sipML5 {
				ended = "watched terminated"
			}
			must(t, watcher.WaitEvent(limit, ended, 1))
			var sent int
			must(t, watcher.Call(&sent, "sent", "SUBSCRIBE", "Expires: 0"))
			if sent > fewRequests {
				t.Errorf("%d times SUBSCRIBE to end one", sent)
			}
		})
	}
	t.Run("mailbox", func(t *testing.T) {
		p, uri := abroad(t, sipJS)
		must(t, p.Call(nil, "watch", uri, "message-summary", "application/simple-message-summary"))
		must(t, p.WaitEvent(limit, "notify", 1))
		leaveMessage(t, server.Address, uri)
		mustTell(t, p, "notify", "Voice-Message: 2/8")
	})
	t.Run("storm", func(t *testing.T) {
		p, _ := abroad(t, sipML5)
		must(t, p.Call(nil, "publish", busy))
		must(t, p.Call(nil, "unpublish"))
		must(t, p.WaitEvent(limit, "published terminated", 1))
		var sent int
		must(t, p.Call(&sent, "sent", "PUBLISH", "Expires: 0"))
		if sent > fewRequests {
			t.Errorf("%d times PUBLISH to end one", sent)
		}
	})
}

// leaveMessage publishes at the server what the mailbox of a user holds, as a voice mail system does.
func leaveMessage(t *testing.T, server, uri string) {
	t.Helper()
	conn, err := net.Dial("udp", server)
	must(t, err)
	defer func() { _ = conn.Close() }()
	const summary = "Messages-Waiting: yes\r\nMessage-Account: sip:voicemail@pbx.test\r\nVoice-Message: 2/8 (0/2)\r\n"
	_, err = fmt.Fprintf(conn, "PUBLISH %[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;branch=z9hG4bKvm1\r\n"+
		"From: <%[1]s>;tag=vm\r\nTo: <%[1]s>\r\nCall-ID: voicemail-1\r\nCSeq: 1 PUBLISH\r\nMax-Forwards: 70\r\n"+
		"Event: message-summary\r\nExpires: 600\r\nContent-Type: application/simple-message-summary\r\n"+
		"Content-Length: %[3]d\r\n\r\n%[4]s", uri, conn.LocalAddr(), len(summary), summary)
	must(t, err)
}
