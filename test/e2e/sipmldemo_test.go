package e2e

import (
	"slices"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// TestSIPmlAsInItsDemo: a page configured as sipML5's own call.htm is, which people copy, registers, is called, calls,
// presses a key, writes and sends its party on, with the original and with ours.
func TestSIPmlAsInItsDemo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	traces := map[string][]string{}
	for _, library := range []string{original, ours(w)} {
		t.Run(strings.SplitAfter(library, "?")[0], func(t *testing.T) {
			p, account := w.openPage(t, library)
			p.configureAsDemo(t)
			must(t, p.Register(account))
			isCalled(t, w, p) // first: it waits for the first microphone
			sendsText(t, w, p)
			p.sendsPartyOn(t)
			p.mustHaveSent(t, "REGISTER", ";expires=200;", `;+g.oma.sip-im;+audio;language="en,fr"`,
				"\r\nUser-Agent: IM-client/OMA1.0\r\n", "\r\nOrganization: Example\r\n")
			p.mustHaveSent(t, "INVITE", `;+g.oma.sip-im;language="en,fr"`, "\r\nOrganization: Example\r\n")
			traces[library] = mustHaveTold(t, p)
		})
	}
	// How a transfer ends the original never tells.
	told := traces[ours(w)]
	isTransfer := func(event string) bool { return strings.HasPrefix(event, "call:"+asksTransfer) }
	if at := slices.IndexFunc(told, isTransfer); at > 0 {
		told = told[:at]
	}
	if len(told) > len(traces[original]) || !slices.Equal(told, traces[original][:len(told)]) {
		t.Errorf("sipML5 tells\n%s\nours tells\n%s", strings.Join(traces[original], "\n"), strings.Join(told, "\n"))
	}
}

// configureAsDemo gives what call.htm gives: null for what the user has not filled in, and what its calls can do.
func (p *page) configureAsDemo(t *testing.T) {
	t.Helper()
	capability := func(name, value string) map[string]any {
		if value == "" {
			return map[string]any{"name": name, "value": nil}
		}
		return map[string]any{"name": name, "value": value}
	}
	im, audio, language := capability("+g.oma.sip-im", ""), capability("+audio", ""), capability("language", `"en,fr"`)
	must(t, p.Call(nil, "configure", map[string]any{
		"outbound_proxy_url": nil, "enable_early_ims": true, "enable_media_stream_cache": false,
		"bandwidth": nil, "video_size": nil,
		"sip_headers": []any{capability("User-Agent", "IM-client/OMA1.0"), capability("Organization", "Example")},
	}, map[string]any{
		"screencast_window_id": 0, "bandwidth": map[string]any{}, "video_size": map[string]any{},
		"sip_caps": []any{im, language},
	}, map[string]any{"sip_caps": []any{im, audio, language}}))
}

// sendsPartyOn calls a phone, presses a key, and sends it to another one.
func (p *page) sendsPartyOn(t *testing.T) {
	t.Helper()
	phone, target := callee(t, answerUntilBye), callee(t, answerUntilBye)
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "dtmf", "5"))
	must(t, phone.WaitDigits("5", limit))
	must(t, p.Call(nil, "transfer", target.number()))
	mustJoin(t, phone, target)
	mustBe(t, p, "ended")
}

// mustHaveSent expects all this in the requests of a method that the page has sent.
func (p *page) mustHaveSent(t *testing.T, method string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		var count int
		must(t, p.Call(&count, "sent", method, part))
		if count == 0 {
			t.Errorf("no %s with %q", method, part)
		}
	}
}
