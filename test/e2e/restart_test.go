package e2e

import (
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// TestRestart: the service ends in a call of the web phone and is started again, once because it is told to, with no
// time left to drain, and once because it dies.
func TestRestart(t *testing.T) {
	t.Parallel()
	running := startService(t, service.Options{
		Users:    map[string]string{userName(0): password(0)},
		Settings: map[string]map[string]any{"call": {"drain": "0s"}},
	})
	p := openWebPhoneAt(t, running.HTTP+"/", userName(0), browser.Options{Origin: running.HTTP})
	p.outlivesEnd(running)
	p.outlivesDeath(running)
}

// outlivesEnd: page and phone are told that the service ends, and the page is there again at once when the browser is
// on the network again.
func (p *webPhone) outlivesEnd(running *service.Service) {
	p.Helper()
	phone := callee(p.T, answerUntilBye)
	p.talkTo(phone)
	must(p.T, running.Terminate())
	if bye := phone.mustGet(p.T, "BYE"); !strings.Contains(bye, "\r\nReason: SIP;cause=503") {
		p.Errorf("the phone is not told why:\n%s", bye)
	}
	must(p.T, phone.Wait(limit))
	if code, err := running.Wait(limit); err != nil || code != 0 {
		p.Errorf("ended with code %d, %v", code, err)
	}
	p.await("line", "lost")
	must(p.T, running.Restart())
	must(p.T, p.Call(nil, "comeOnline"))
	p.await("line", "registered")
	p.mustShow("message", "The service is shutting down.") // what came after has not wiped it away
}

// outlivesDeath: nobody is told. The page comes back by itself and asks for its call, and the phone finds out when its
// session wants to be refreshed.
func (p *webPhone) outlivesDeath(running *service.Service) {
	p.Helper()
	phone := callee(p.T, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Ring(), sipp.Answer(media), sipp.AwaitGoOn(), sipp.Request("UPDATE", 1, ""), sipp.AwaitCode(481),
		}
	})
	p.talkTo(phone)
	if invite := phone.mustGet(p.T, "INVITE"); !strings.Contains(invite, "\r\nSession-Expires: 1800") {
		p.Errorf("the phone is asked for no session timer:\n%s", invite)
	}
	must(p.T, running.Kill())
	died := time.Now()
	must(p.T, running.Restart())
	p.await("call", "none")
	p.mustShow("message", "was restarted")
	p.await("line", "registered")
	p.Logf("registered, and rid of its call, %v after the end", time.Since(died))
	p.mustHaveAsked()
	must(p.T, phone.GoOn(limit))
	must(p.T, phone.Wait(limit))
}

// mustHaveAsked: the page knows from an answer, and not only since its media fail.
func (p *webPhone) mustHaveAsked() {
	p.Helper()
	frames, err := p.Trace()
	must(p.T, err)
	for _, frame := range frames {
		if strings.HasPrefix(frame.Text, "SIP/2.0 481") && strings.Contains(frame.Text, " OPTIONS\r\n") {
			return
		}
	}
	p.Error("the page has not asked for its call")
}

// talkTo calls a phone.
func (p *webPhone) talkTo(phone *scripted) {
	p.Helper()
	p.enter("target", phone.number())
	p.click("call")
	p.await("call", "up")
	mustHear(p.T, phone, pageHz)
	mustHear(p.T, p, phoneHz)
}
