package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/pages"
	"sipbridge/test/e2e/service"
)

// newButtonWorld is a service that lets the test pages, and nobody else, call these addresses by a button. They are of
// another origin than the service, and no page may connect but by a guest's token.
func newButtonWorld(t *testing.T, addresses ...string) *world {
	t.Helper()
	w := &world{}
	var err error
	w.pages, err = pages.Serve(".")
	must(t, err)
	t.Cleanup(w.pages.Close)
	buttons := []any{}
	for _, address := range addresses {
		buttons = append(buttons, map[string]any{"to": address, "origins": []string{w.pages.Origin}})
	}
	w.service, err = service.Start(service.Options{
		Binary: binary, Dir: t.TempDir(), Users: map[string]string{"bob": "builder"},
		Settings: map[string]map[string]any{"click_to_call": {"buttons": buttons}},
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
	})
	must(t, err)
	t.Cleanup(w.browser.Stop)
	return w
}

// openButton opens a page with a button that calls an address.
func (w *world) openButton(t *testing.T, address string) *browser.Page {
	t.Helper()
	query := url.Values{"service": {w.service.HTTP}, "to": {address}}
	opened, err := w.browser.OpenWatched(w.pages.URL("button") + "?" + query.Encode())
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(opened.Report())
		}
		_ = opened.Close() // it may be closed
	})
	return opened
}

// TestClickToCall: a visitor of another web site calls a phone with one click, and can do nothing else.
func TestClickToCall(t *testing.T) {
	t.Parallel()
	phone, left := callee(t, answerUntilBye), callee(t, answerUntilBye)
	address := strings.TrimPrefix(phone.number(), "sip:")
	w := newButtonWorld(t, address, strings.TrimPrefix(left.number(), "sip:"))
	t.Run("one click", func(t *testing.T) {
		p := w.openButton(t, address)
		must(t, p.Call(nil, "click", "c2c", limit.Milliseconds()))
		must(t, p.Call(nil, "wait", "c2c", "state", []string{"up"}, limit.Milliseconds()))
		mustHear(t, phone, pageHz)
		mustHear(t, p, phoneHz)
		invite, err := phone.WaitMessage("INVITE ", limit)
		must(t, err)
		site := strings.TrimPrefix(w.pages.Origin, "http://")
		if !strings.Contains(invite, `"Visitor of `+site+`"`) {
			t.Errorf("the phone is not told where the call comes from: %s", invite)
		}
		must(t, p.Call(nil, "click", "c2c", limit.Milliseconds()))
		must(t, phone.Wait(limit))
		must(t, p.Call(nil, "waitText", "state", "You hung up.", limit.Milliseconds()))
	})
	t.Run("gone", func(t *testing.T) {
		p := w.openButton(t, strings.TrimPrefix(left.number(), "sip:"))
		must(t, p.Call(nil, "click", "c2c", limit.Milliseconds()))
		must(t, p.Call(nil, "wait", "c2c", "state", []string{"up"}, limit.Milliseconds()))
		mustHear(t, left, pageHz)
		must(t, p.Close())
		must(t, left.Wait(limit)) // sooner than call.park, for which the service would keep the call
	})
	t.Run("another address", func(t *testing.T) {
		p := w.openButton(t, "bob@localhost")
		must(t, p.Call(nil, "click", "c2c", limit.Milliseconds()))
		must(t, p.Call(nil, "waitText", "state", "may not call", limit.Milliseconds()))
	})
	t.Run("another site", func(t *testing.T) {
		if status, _ := w.askForCall(t, "https://evil.example", address); status != http.StatusForbidden {
			t.Errorf("another site gets %d", status)
		}
	})
	t.Run("a guest's token", func(t *testing.T) { w.strayingGuest(t, address) })
	mustCount(t, w, `sipbridge_click_to_call_refused_total{reason="destination"}`, 1)
	mustCount(t, w, `sipbridge_click_to_call_refused_total{reason="site"}`, 2)
}

// strayingGuest registers and calls somebody else with the token that a button got.
func (w *world) strayingGuest(t *testing.T, address string) {
	t.Helper()
	status, pass := w.askForCall(t, w.pages.Origin, address)
	if status != http.StatusOK {
		t.Fatalf("the page gets %d", status)
	}
	opened, err := w.browser.Open(w.pages.URL(jsSIP))
	must(t, err)
	account := browser.Account{WS: w.service.WS + "?access_token=" + pass.Token, URI: pass.From, User: "x", Password: "x"}
	err = opened.Register(account)
	if err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a guest who registers gets %v", err)
	}
	must(t, opened.Call(nil, "call", "sip:bob@localhost"))
	must(t, opened.Wait(limit, "ended"))
	reason, err := opened.Reason()
	must(t, err)
	if reason.Code != http.StatusForbidden {
		t.Errorf("a guest who calls somebody else gets %+v", reason)
	}
}

// pass is what a button is given.
type pass struct{ Token, From string }

// askForCall asks for a call as a page of an origin does.
func (w *world) askForCall(t *testing.T, origin, to string) (status int, given pass) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"action": "req_call", "to": to})
	must(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.service.HTTP+"/c2c/", bytes.NewReader(body))
	must(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Origin", origin)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close() //nolint:errcheck // it was only read
	must(t, json.NewDecoder(response.Body).Decode(&given))
	return response.StatusCode, given
}

// mustCount looks at one of the service's metrics.
func mustCount(t *testing.T, w *world, name string, want float64) {
	t.Helper()
	metrics, err := w.service.Metrics()
	must(t, err)
	if metrics[name] != want {
		t.Errorf("%s is %v, not %v", name, metrics[name], want)
	}
}
