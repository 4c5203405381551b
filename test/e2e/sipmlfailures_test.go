package e2e

import (
	"slices"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// otherEvents are what ours tells in place of an event of sipML5's, or beside it, and why.
func otherEvents() map[string][]string {
	return map[string][]string{
		// A word was misspelled.
		`stack:failed_to_start "Failed to connet to the server"`: {
			`stack:failed_to_start "Failed to connect to the server"`,
		},
		// Why there is no microphone was told to nobody.
		`stack:m_permission_refused "Media Refused"`: {
			`stack:m_permission_refused "Media Refused"`, `call:webrtc_error "NotAllowedError: refused"`,
		},
		// A call that was not made did not end either.
		`call:terminating "Call terminating..."`: {
			`call:terminating "Call terminating..."`, `call:terminated "Media stream permission denied"`,
		},
	}
}

// TestSIPmlFailures: what goes wrong has its events, sipML5's where it has some.
func TestSIPmlFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	for _, failure := range []struct {
		name string
		play func(*testing.T, *world, *page, browser.Account)
	}{
		{"no server", findsNoServer},
		{"wrong password", registersWrongly},
		{"no microphone to call with", callsWithoutMicrophone},
		{"no microphone to be called with", isCalledWithoutMicrophone},
	} {
		t.Run(failure.name, func(t *testing.T) {
			t.Parallel()
			traces := map[string][]string{}
			for _, library := range []string{original, ours(w)} {
				p, account := w.openPage(t, library)
				failure.play(t, w, p, account)
				traces[library] = mustHaveTold(t, p)
			}
			want := []string{}
			for _, event := range traces[original] {
				if others, isOther := otherEvents()[event]; isOther {
					want = append(want, others...)
				} else {
					want = append(want, event)
				}
			}
			if !slices.Equal(want, traces[ours(w)]) {
				t.Errorf("sipML5 tells\n%s\nours tells\n%s",
					strings.Join(traces[original], "\n"), strings.Join(traces[ours(w)], "\n"))
			}
		})
	}
}

func findsNoServer(t *testing.T, _ *world, p *page, account browser.Account) {
	t.Helper()
	account.WS = "ws://127.0.0.1:9/ws" // discard, which nobody offers
	if err := p.Register(account); err == nil {
		t.Error("registered without a server")
	}
}

func registersWrongly(t *testing.T, _ *world, p *page, account browser.Account) {
	t.Helper()
	account.Password = "wrong"
	if err := p.Register(account); err == nil {
		t.Error("registered with a wrong password")
	}
}

func callsWithoutMicrophone(t *testing.T, _ *world, p *page, account browser.Account) {
	t.Helper()
	must(t, p.Register(account))
	must(t, p.Call(nil, "refuseDevices"))
	must(t, p.Call(nil, "call", "sip:echo@localhost"))
	must(t, p.WaitEvent(limit, "call terminating", 1))
}

func isCalledWithoutMicrophone(t *testing.T, w *world, p *page, account browser.Account) {
	t.Helper()
	must(t, p.Register(account))
	must(t, p.Call(nil, "refuseDevices"))
	phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitFailure(uri, 603)}
	})
	must(t, p.WaitEvent(limit, "stack m_permission_refused", 1))
	mustBe(t, p, "ended")
	must(t, phone.Wait(limit))
}
