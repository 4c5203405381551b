package browser_test

import (
	"fmt"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/pages"
)

const limit = 20 * time.Second

// TestPagesCallEachOther proves the three libraries' pages without the bridge, so that what fails with it is its own.
func TestPagesCallEachOther(t *testing.T) {
	t.Parallel()
	server, err := pages.Serve("..")
	must(t, err)
	defer server.Close()
	b, err := browser.Start(browser.Options{
		Kind: browser.Chromium, Dir: "..", Origin: server.Origin, MicrophoneHz: 440, TempDir: t.TempDir(),
	})
	must(t, err)
	defer b.Stop()
	for _, pair := range [][2]string{{"jssip", "sipjs"}, {"sipjs", "sipml5"}, {"sipml5", "jssip"}} {
		t.Run(pair[0]+" calls "+pair[1], func(t *testing.T) {
			ws := startRelay(t)
			caller := openPhone(t, b, server.URL(pair[0]), ws, "caller")
			called := openPhone(t, b, server.URL(pair[1]), ws, "called")
			must(t, caller.Call(nil, "call", "sip:called@example.test"))
			must(t, called.Wait(limit, "incoming"))
			must(t, caller.Wait(limit, "ringing"))
			must(t, called.Call(nil, "answer"))
			must(t, caller.Wait(limit, "established"))
			must(t, called.Wait(limit, "established"))
			must(t, caller.WaitTone(440, limit))
			must(t, called.WaitTone(440, limit))
			pressKeys(t, caller, called, pair[1])
			holdAndResume(t, caller, called, pair[0])
			must(t, caller.Call(nil, "hangup"))
			must(t, called.Wait(limit, "ended"))
			must(t, caller.Wait(limit, "ended"))

			must(t, caller.Call(nil, "call", "sip:called@example.test"))
			must(t, called.Wait(limit, "incoming"))
			must(t, called.Call(nil, "reject", 486))
			must(t, caller.Wait(limit, "ended"))
			if reason, reasonErr := caller.Reason(); reasonErr != nil || reason.Code != 486 && reason.Code != 603 {
				t.Errorf("refused with %+v, %v", reason, reasonErr)
			}
		})
	}
}

// pressKeys sends keys by INFO, which the called page tells where its library does.
func pressKeys(t *testing.T, caller, called *browser.Page, library string) {
	t.Helper()
	if library == "sipml5" {
		return // it has no event for them
	}
	must(t, caller.Call(nil, "dtmf", "5#", "info", 100))
	must(t, called.WaitEvent(limit, "dtmf", 2))
}

// holdAndResume silences both, and restores. sipML5 does not come back from a hold that is answered by the rules.
func holdAndResume(t *testing.T, caller, called *browser.Page, library string) {
	t.Helper()
	if library == "sipml5" {
		return
	}
	must(t, caller.Call(nil, "hold"))
	must(t, caller.WaitSilence(limit))
	must(t, called.WaitSilence(limit))
	must(t, caller.Call(nil, "resume"))
	must(t, caller.WaitTone(440, limit))
	must(t, called.WaitTone(440, limit))
}

func openPhone(t *testing.T, b *browser.Browser, url, ws, user string) *browser.Page {
	t.Helper()
	page, err := b.Open(url)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(page.Report())
		}
		_ = page.Close()
	})
	must(t, page.Register(browser.Account{
		WS: ws, URI: fmt.Sprintf("sip:%s@example.test", user), User: user, Domain: "example.test", Password: "none",
	}))
	return page
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
