package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// holdable answers, is put on hold and taken back as often as the directions say, and waits to be hung up on.
func holdable(directions ...string) func(sipp.Media) []sipp.Step {
	return func(media sipp.Media) []sipp.Step {
		steps := []sipp.Step{sipp.Ring(), sipp.Answer(media)}
		for i, direction := range directions {
			steps = append(steps, sipp.AwaitReinvite(media, i+2, direction))
		}
		return append(steps, sipp.AwaitBye())
	}
}

// place calls a phone from the field for one more call.
func (p *webPhone) place(phone *scripted) {
	p.Helper()
	p.press("Add call")
	p.enter("target", phone.number())
	p.press("Call")
	p.await("call", "up")
	mustHear(p.T, phone, pageHz)
}

// TestWebPhoneSeveralCalls: a user talks to one phone while another waits, swaps them, hears of a call that comes in
// meanwhile, and connects the two.
func TestWebPhoneSeveralCalls(t *testing.T) {
	w := newWorld(t, browser.Chromium, service.Options{})
	p := openWebPhone(t, w)
	first := callee(t, holdable("recvonly", "sendrecv", "recvonly", "sendrecv"))
	second := callee(t, holdable("recvonly", "sendrecv"))
	p.enter("target", first.number())
	p.press("Call")
	p.await("call", "up")
	mustHear(t, first, pageHz)

	p.place(second)
	must(t, first.WaitQuiet(limit))
	p.mustShow("others", "On hold")
	p.press("Talk to " + shown(first)) // swap
	mustHear(t, first, pageHz)
	must(t, second.WaitQuiet(limit))
	p.mustShow("peer", shown(first))

	caller := w.newPage(t, jsSIP)
	must(t, caller.Call(nil, "call", "sip:"+p.user+"@localhost"))
	mustBe(t, caller, "ringing")
	p.mustShow("others", caller.user)
	p.picture(t, "phone-several")
	p.press("Decline " + caller.user)
	mustEndWith(t, caller, 603)
	mustHear(t, first, pageHz)

	p.press("Talk to " + shown(second))
	mustHear(t, second, pageHz)
	p.press("Connect " + shown(first) + " with " + shown(second))
	p.await("call", "none")
	mustJoin(t, first, second)
	p.mustShow("message", "now.")
}

// picture keeps what the page looks like, if E2E_PICTURES names a folder.
func (p *webPhone) picture(t *testing.T, name string) {
	t.Helper()
	if folder := os.Getenv("E2E_PICTURES"); folder != "" {
		must(t, p.Screenshot(filepath.Join(folder, name+".png")))
	}
}
