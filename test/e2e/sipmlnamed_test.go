package e2e

import (
	"slices"
	"testing"
	"time"

	"sipbridge/test/e2e/sipp"
)

// namedOnly are the events that sipML5 names and never tells, or tells of registrations alone. Ours has them for who
// names them; who hears all by '*' hears what sipML5 tells him.
func namedOnly() []string {
	return []string{
		"stopping", "failed_to_stop", "media_added", "media_removed", "i_request", "o_request", "cancelled_request",
		"sent_request", "global_error",
	}
}

func (w *world) sipmlNamedEvents(t *testing.T) {
	t.Parallel()
	p := w.sipmlPage(t, nil, nil)
	must(t, p.Call(nil, "hearNamed", namedOnly()))
	phone := callee(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.AwaitGoOn(), sipp.Reinvite(media, 1, "sendonly"), sipp.Pause(time.Second),
			sipp.Bye(2),
		}
	})
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	must(t, p.Call(nil, "dtmf", "5"))
	must(t, phone.GoOn(limit))
	mustBe(t, p, "ended")
	must(t, phone.Wait(limit))
	p.mustHaveNamed(t, "o_request INVITE", "sent_request INVITE", "media_added ", "media_added ", "o_request INFO",
		"sent_request INFO", "i_request INVITE", "i_request BYE")

	silent := callee(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Ring(), sipp.AwaitCancel()} })
	must(t, p.Call(nil, "call", silent.number()))
	mustBe(t, p, "ringing")
	must(t, p.Call(nil, "hangup"))
	mustEndWith(t, p, 487)
	p.mustHaveNamed(t, "cancelled_request ")

	must(t, p.Call(nil, "publish", "<presence/>"))
	must(t, p.Call(nil, "say", "sip:nobody@localhost", "text"))
	p.mustHaveNamed(t, "sent_request PUBLISH", "sent_request MESSAGE")
	must(t, p.Call(nil, "stop"))
	must(t, p.WaitEvent(limit, "stack stopped", 2))
	p.mustHaveNamed(t, "stopping ")
	story, err := p.Story()
	must(t, err)
	for _, event := range story {
		if event.Type == "named failed_to_stop" || event.Type == "named global_error" {
			t.Errorf("the page was told %s", event.Type)
		}
	}
}

// mustHaveNamed expects the page to have heard these events, with the method of the request behind each, as often.
func (p *page) mustHaveNamed(t *testing.T, wanted ...string) {
	t.Helper()
	story, err := p.Story()
	must(t, err)
	var heard []string
	for _, event := range story {
		if method, isText := event.Detail.(string); isText {
			heard = append(heard, event.Type+" "+method)
		}
	}
	for _, want := range wanted {
		at := slices.Index(heard, "named "+want)
		if at < 0 {
			t.Fatalf("no %q among %q", want, heard)
		}
		heard = slices.Delete(heard, at, at+1)
	}
}
