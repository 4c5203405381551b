package e2e

import (
	"fmt"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/pages"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
)

// newRelayedWorld is a service with a relay, and a browser that nothing but relays over TCP can bring media to. Test
// pages may call user00 by a button.
func newRelayedWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	var err error
	w.pages, err = pages.Serve(".")
	must(t, err)
	t.Cleanup(w.pages.Close)
	turn, err := process.FreePort()
	must(t, err)
	button := map[string]any{"to": userName(0) + "@localhost", "origins": []string{w.pages.Origin}}
	w.service, err = service.Start(service.Options{
		Binary: binary, Dir: t.TempDir(), Origins: []string{w.pages.Origin},
		Users: map[string]string{userName(0): password(0)},
		Settings: map[string]map[string]any{
			"listen":        {"turn": fmt.Sprintf("127.0.0.1:%d", turn)},
			"click_to_call": {"buttons": []any{button}},
		},
	})
	must(t, err)
	t.Cleanup(w.service.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the service's log:\n%s", w.service.Report())
		}
	})
	w.browser, err = browser.Start(browser.Options{
		Kind: browser.Chromium, Dir: ".", Origin: w.pages.Origin, MicrophoneHz: pageHz, TempDir: t.TempDir(),
		Flags: []string{"--webrtc-ip-handling-policy=disable_non_proxied_udp"},
	})
	must(t, err)
	t.Cleanup(w.browser.Stop)
	return w
}

// TestRelayedPages: a guest of click-to-call and a page that was written for VideoIO.swf, of which no packet comes
// through but by our relay, hear each other by two of its relays.
func TestRelayedPages(t *testing.T) {
	t.Parallel()
	w := newRelayedWorld(t)
	called := w.newVideoIO(t)
	guest := w.openButton(t, called.user+"@localhost")
	must(t, guest.Call(nil, "click", "c2c", limit.Milliseconds()))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer", "wideband", "pcmu"))
	must(t, guest.Call(nil, "wait", "c2c", "state", []string{"up"}, limit.Milliseconds()))
	mustHear(t, called, pageHz)
	mustHear(t, guest, pageHz)
	metrics, err := w.service.Metrics()
	must(t, err)
	if metrics["sipbridge_turn_relays"] < 2 || metrics["sipbridge_turn_refused_total"] != 0 {
		t.Errorf("%v relays, %v refused", metrics["sipbridge_turn_relays"], metrics["sipbridge_turn_refused_total"])
	}
	must(t, guest.Call(nil, "click", "c2c", limit.Milliseconds()))
	mustBe(t, called, "ended")
}
