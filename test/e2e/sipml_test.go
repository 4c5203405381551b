package e2e

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// original and ours are the page of sipML5 with its own library, and with what the bridge serves in its place.
const original = sipML5

func ours(w *world) string {
	return sipML5 + "?api=" + url.QueryEscape(w.service.HTTP+"/SIPml-api.js")
}

// TestSIPml: a page made for sipML5 goes through all that was measured of it, with the original and with ours.
func TestSIPml(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{
		Settings: map[string]map[string]any{"call": {"ring": "8s"}},
	})
	for _, scenario := range []struct {
		name string
		play func(*testing.T, *world, *page)
	}{
		{"registration", unregisters},
		{"answered call", callsAndHangsUp},
		{"early media", hearsEarlyMedia},
		{"busy", callsSomebodyBusy},
		{"cancelled", cancels},
		{"called", isCalled},
		{"called and hung up on", isHungUpOn},
		{"called and refuses", refuses},
		{"called in vain", isCalledInVain},
		{"nobody there", callsNobody},
		{"keys and a phone's hold", pressesKeys},
		{"message", sendsText},
		{"message from somebody", isToldText},
		{"publication and subscription", publishesAndWatches},
		{"stop", stops},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			traces := map[string][]string{}
			for _, library := range []string{original, ours(w)} {
				p := w.newPage(t, library)
				scenario.play(t, w, p)
				traces[library] = mustHaveTold(t, p)
			}
			if !slices.Equal(traces[original], traces[ours(w)]) {
				t.Errorf("sipML5 tells\n%s\nours tells\n%s",
					strings.Join(traces[original], "\n"), strings.Join(traces[ours(w)], "\n"))
			}
		})
	}
}

// mustHaveTold gives all events that the page was told, in order, without the numbers of users and phones.
func mustHaveTold(t *testing.T, p *page) []string {
	t.Helper()
	names := regexp.MustCompile(`\b(user|udp|127\.0\.0\.1:)\d+`)
	var told []string
	must(t, p.Call(&told, "told"))
	for i := range told {
		told[i] = names.ReplaceAllString(told[i], "$1")
	}
	return told
}

func unregisters(t *testing.T, _ *world, p *page) {
	t.Helper()
	must(t, p.Call(nil, "unregister"))
}

func callsAndHangsUp(t *testing.T, _ *world, p *page) {
	t.Helper()
	phone := callee(t, answerUntilBye)
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
	mustBe(t, p, "ended")
}

func hearsEarlyMedia(t *testing.T, _ *world, p *page) {
	t.Helper()
	phone := callee(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Ring(), sipp.Early(media), sipp.Pause(time.Second), sipp.Answer(media), sipp.AwaitGoOn(), sipp.Bye(1),
		}
	})
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	must(t, phone.GoOn(limit))
	mustBe(t, p, "ended")
	must(t, phone.Wait(limit))
}

func callsSomebodyBusy(t *testing.T, _ *world, p *page) {
	t.Helper()
	phone := callee(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Ring(), sipp.Reject(486, "Busy Here")} })
	must(t, p.Call(nil, "call", phone.number()))
	mustEndWith(t, p, 486)
	must(t, phone.Wait(limit))
}

func cancels(t *testing.T, _ *world, p *page) {
	t.Helper()
	phone := callee(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Ring(), sipp.AwaitCancel()} })
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "ringing")
	must(t, p.Call(nil, "hangup"))
	mustEndWith(t, p, 487)
	must(t, phone.Wait(limit))
}

func isCalled(t *testing.T, w *world, p *page) {
	t.Helper()
	phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitBye()}
	})
	mustBe(t, p, "incoming")
	must(t, p.WaitEvent(limit, "stack m_permission_accepted", 1))
	must(t, p.Call(nil, "answer"))
	mustBe(t, p, "established")
	phone.playTo(t, "SIP/2.0 200")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
	mustBe(t, p, "ended")
}

func isHungUpOn(t *testing.T, w *world, p *page) {
	t.Helper()
	phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitGoOn(), sipp.CallerBye(2)}
	})
	mustBe(t, p, "incoming")
	must(t, p.WaitEvent(limit, "stack m_permission_accepted", 1))
	must(t, p.Call(nil, "answer"))
	mustBe(t, p, "established")
	phone.mustGet(t, "SIP/2.0 200")
	must(t, phone.GoOn(limit))
	mustBe(t, p, "ended")
	must(t, phone.Wait(limit))
}

func refuses(t *testing.T, w *world, p *page) {
	t.Helper()
	phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitFailure(uri, 603)}
	})
	mustBe(t, p, "incoming")
	must(t, p.WaitEvent(limit, "stack m_permission_accepted", 1))
	must(t, p.Call(nil, "reject"))
	must(t, phone.Wait(limit))
	mustBe(t, p, "ended")
}

func isCalledInVain(t *testing.T, w *world, p *page) {
	t.Helper()
	phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitGoOn(), sipp.Cancel(uri)}
	})
	mustBe(t, p, "incoming")
	must(t, p.WaitEvent(limit, "stack m_permission_accepted", 1))
	phone.mustGet(t, "SIP/2.0 180")
	must(t, phone.GoOn(limit))
	mustBe(t, p, "ended")
	must(t, phone.Wait(limit))
}

func callsNobody(t *testing.T, _ *world, p *page) {
	t.Helper()
	must(t, p.Call(nil, "call", "sip:nobody@localhost"))
	mustEndWith(t, p, 404)
}

func pressesKeys(t *testing.T, _ *world, p *page) {
	t.Helper()
	phone := callee(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.AwaitGoOn(), sipp.Info(1, '7', true), sipp.Reinvite(media, 2, "sendonly"),
			sipp.Pause(time.Second), sipp.Reinvite(media, 3, "sendrecv"), sipp.Pause(time.Second), sipp.Bye(4),
		}
	})
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	must(t, p.Call(nil, "dtmf", "5"))
	must(t, p.Call(nil, "info", "Signal=6\r\nDuration=120", "application/dtmf-relay"))
	must(t, phone.WaitDigits("56", limit))
	p.mustHaveSent(t, "INFO", "\r\n\r\nSignal=5\r\nDuration=120", "\r\n\r\nSignal=6\r\nDuration=120")
	must(t, phone.GoOn(limit))
	mustBe(t, p, "ended")
	must(t, phone.Wait(limit))
}

func sendsText(t *testing.T, w *world, p *page) {
	t.Helper()
	other := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "say", w.uri(other), "Pêche à la moule"))
	must(t, other.WaitEvent(limit, "message", 1))
}

func isToldText(t *testing.T, w *world, p *page) {
	t.Helper()
	other := w.newPage(t, jsSIP)
	must(t, other.Call(nil, "say", "sip:"+p.user+"@localhost", "Are you there?"))
	must(t, p.WaitEvent(limit, "message", 1))
}

func publishesAndWatches(t *testing.T, w *world, p *page) {
	t.Helper()
	must(t, p.Call(nil, "publish", "<presence/>"))
	must(t, p.Call(nil, "watch", "sip:user99@localhost", "presence", "application/pidf+xml"))
	must(t, p.WaitEvent(limit, "watched connected", 1))
	must(t, p.WaitEvent(limit, "watched i_notify", 1))
}

func stops(t *testing.T, _ *world, p *page) {
	t.Helper()
	must(t, p.Call(nil, "stop"))
	must(t, p.WaitEvent(limit, "stack stopped", 2))
}
