package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// words have letters of two and three bytes, and what would end a message if its length were not kept.
const words = "Pêche à la moule ☎ 你好\r\n\r\nBYE sip:x SIP/2.0"

// fish has four bytes; sipML5 itself cannot read such a letter.
const fish = "🎣"

const pidf = "application/pidf+xml"

// TestMessagesAndPresence: what crosses beside calls, between the libraries and baresip.
func TestMessagesAndPresence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	t.Run("messages", w.messages)
	t.Run("message to a phone and back", w.messagesOfPhone)
	t.Run("presence", w.presence)
	t.Run("calls of another", w.watchedCalls)
	t.Run("presence of a phone", w.presenceOfPhone)
	t.Run("storm", w.storm)
}

func address(user string) string { return "sip:" + user + "@localhost" }

// mustTell waits until a page has told an event with this text in it.
func mustTell(t *testing.T, p *page, kind, text string) {
	t.Helper()
	for count := 1; ; count++ {
		must(t, p.WaitEvent(limit, kind, count))
		story, err := p.Story()
		must(t, err)
		for _, event := range story {
			if event.Type == kind && strings.Contains(fmt.Sprint(event.Detail), text) {
				return
			}
		}
	}
}

// messages: each library writes to each, in letters of all lengths.
func (w *world) messages(t *testing.T) {
	t.Parallel()
	libraries := []string{jsSIP, sipJS, sipML5}
	for _, from := range libraries {
		for _, to := range libraries {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				sender, receiver := w.newPage(t, from), w.newPage(t, to)
				text := words
				if to != sipML5 {
					text += fish
				}
				must(t, sender.Call(nil, "say", address(receiver.user), text))
				mustTell(t, receiver, "message", text)
			})
		}
	}
}

// phoneOf starts a registered baresip with a contact.
func (w *world) phoneOf(t *testing.T, contact string) (*baresip.Phone, string) {
	t.Helper()
	number := int(w.users.Add(1)) - 1
	return newPhone(t, baresip.Options{
		User: userName(number), Password: password(number), Domain: "localhost", Registrar: w.service.SIP,
		Codec: "PCMU", Contact: contact,
	}), userName(number)
}

func (w *world) messagesOfPhone(t *testing.T) {
	t.Parallel()
	p := w.newPage(t, jsSIP)
	phone, user := w.phoneOf(t, address(p.user))
	const line = "Pêche à la moule ☎ 你好"
	must(t, p.Call(nil, "say", address(user), line))
	must(t, phone.WaitText(line, limit))
	must(t, phone.Say(line))
	mustTell(t, p, "message", line)
}

const busy = `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:x@localhost">` +
	`<tuple id="t"><status><basic>open</basic></status><note>Pêche à la moule</note></tuple></presence>`

// presence: a page publishes, others watch, and learn when it is gone.
func (w *world) presence(t *testing.T) {
	t.Parallel()
	for _, library := range []string{jsSIP, sipJS, sipML5} {
		t.Run("watched by "+library, func(t *testing.T) {
			t.Parallel()
			watched, watcher := w.newPage(t, sipJS), w.newPage(t, library)
			must(t, watcher.Call(nil, "watch", address(watched.user), "presence", pidf))
			mustTell(t, watcher, "notify", ">open<") // she is registered
			must(t, watched.Call(nil, "publish", busy))
			mustTell(t, watcher, "notify", "Pêche à la moule")
			must(t, watched.Call(nil, "unpublish"))
			must(t, watched.Call(nil, "unregister"))
			mustTell(t, watcher, "notify", ">closed<")
		})
	}
}

// watchedCalls: who watches another's calls sees them come and go, and not with whom.
func (w *world) watchedCalls(t *testing.T) {
	t.Parallel()
	watched, watcher := w.newPage(t, jsSIP), w.newPage(t, sipJS)
	must(t, watcher.Call(nil, "watch", address(watched.user), "dialog", "application/dialog-info+xml"))
	must(t, watcher.WaitEvent(limit, "notify", 1))
	must(t, watched.Call(nil, "call", address("echo")))
	mustTell(t, watcher, "notify", "<state>confirmed</state>")
	must(t, watched.Call(nil, "hangup"))
	must(t, watcher.WaitEvent(limit, "notify", 3))
	story, err := watcher.Story()
	must(t, err)
	if strings.Contains(fmt.Sprint(story), "echo@") {
		t.Error("the watcher learns who is called")
	}
}

// presenceOfPhone: baresip publishes and watches.
func (w *world) presenceOfPhone(t *testing.T) {
	t.Parallel()
	p := w.newPage(t, sipJS)
	phone, user := w.phoneOf(t, address(p.user))
	must(t, phone.WaitText(`entity="sip:`+p.user+`@localhost"><tuple id="registration"><status><basic>open`, limit))
	must(t, p.Call(nil, "watch", address(user), "presence", pidf))
	mustTell(t, p, "notify", "open")
	must(t, phone.SetPresence("presence_offline"))
	mustTell(t, p, "notify", "<basic>closed</basic>")
	must(t, p.Call(nil, "unregister"))
	must(t, phone.WaitText("changed status from", limit)) // of its contact
}

// fewRequests is how often sipML5 may ask for one end: first, after the 200, and after the last NOTIFY.
const fewRequests = 3

// storm: sipML5 takes the 200 to a removal for a refresh and would ask a thousand times a second.
func (w *world) storm(t *testing.T) {
	t.Parallel()
	watched, p := w.newPage(t, sipJS), w.newPage(t, sipML5)
	must(t, p.Call(nil, "publish", busy))
	must(t, p.Call(nil, "watch", address(watched.user), "presence", pidf))
	must(t, p.WaitEvent(limit, "watched connected", 1))
	must(t, p.Call(nil, "unpublish"))
	must(t, p.Call(nil, "unwatch"))
	must(t, p.WaitEvent(limit, "published terminated", 1))
	must(t, p.WaitEvent(limit, "watched terminated", 1))
	// It answers a 200 within a millisecond: in this time a storm has hundreds of requests.
	deadline := time.Now().Add(time.Second)
	for _, method := range []string{"PUBLISH", "SUBSCRIBE"} {
		for again := true; again; again = time.Now().Before(deadline) {
			var sent int
			must(t, p.Call(&sent, "sent", method, "Expires: 0"))
			if sent < 1 || sent > fewRequests {
				t.Fatalf("%d times %s to end one", sent, method)
			}
		}
	}
}
