package e2e

import (
	"slices"
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// TestVideoIO: a page that was written for VideoIO.swf registers, calls a SIP phone and is called by it, presses keys,
// holds, rejects, and is told all in the words of siprtmp. The page's script tag is all that is new in it.
func TestVideoIO(t *testing.T) {
	const callee = 60 // pages have those before
	w := newWorld(t, browser.Chromium, service.Options{})
	phone := newPhone(t, baresip.Options{
		User: userName(callee), Password: password(callee), Domain: "localhost", Registrar: w.service.SIP, Codec: "PCMU",
		Manual: true,
	})
	page, account := w.openPage(t, "videoio?bridge="+w.service.HTTP)
	must(t, page.WaitEvent(limit, "created", 1))
	must(t, page.Register(account))

	must(t, page.Call(nil, "call", "sip:"+userName(callee)+"@localhost"))
	mustBe(t, page, "ringing")
	must(t, phone.Answer())
	mustBe(t, page, "established")
	mustTalk(t, page, phone)
	var heard bool
	must(t, page.Call(&heard, "heard"))
	if !heard {
		t.Error("the player is silent though play is set")
	}
	must(t, page.Call(nil, "dtmf", "7"))
	_, err := phone.WaitEvent(baresip.DTMF, 1, limit)
	must(t, err)
	must(t, phone.Hold())
	must(t, page.WaitEvent(limit, "told holded", 1))
	must(t, phone.Resume())
	must(t, page.WaitEvent(limit, "told holded", 2))
	must(t, page.Call(nil, "set", "microphone", false))
	must(t, phone.WaitQuiet(limit))
	must(t, page.Call(nil, "set", "microphone", true))
	mustTalk(t, page, phone)
	must(t, page.Call(nil, "hangup"))
	_, err = phone.WaitEvent(baresip.Closed, 1, limit)
	must(t, err)
	if keys := phone.Keys(); keys != "7" {
		t.Errorf("the phone got the keys %q", keys)
	}

	must(t, phone.Dial("sip:"+page.user+"@localhost"))
	mustBe(t, page, "incoming")
	must(t, page.Call(nil, "answer", "wideband", "pcmu"))
	mustBe(t, page, "established")
	mustTalk(t, page, phone)
	must(t, phone.Hangup())
	mustBe(t, page, "ended")

	must(t, phone.Dial("sip:"+page.user+"@localhost"))
	mustBe(t, page, "incoming")
	must(t, page.Call(nil, "reject", "486 Busy Here"))
	_, err = phone.WaitEvent(baresip.Closed, 3, limit)
	must(t, err)
	must(t, page.Call(nil, "call", "sip:nobody@localhost"))
	must(t, page.WaitEvent(limit, "told rejected", 1))
	mustCallBack(t, page, []string{
		"told ringing", "told accepted", "told holded", "told holded", "told invited", "told accepted", "told byed",
		"told invited", "told rejected",
	})
	must(t, page.Call(nil, "unregister"))
	account.Password = "wrong"
	if err := page.Register(account); err == nil {
		t.Error("a wrong password connects")
	}
}

// mustCallBack wants the callbacks of a page, in their order.
func mustCallBack(t *testing.T, p *page, want []string) {
	t.Helper()
	story, err := p.Story()
	must(t, err)
	var told []string
	for _, event := range story {
		if len(event.Type) > 5 && event.Type[:5] == "told " {
			told = append(told, event.Type)
		}
	}
	if !slices.Equal(told, want) {
		t.Errorf("the page was told %q", told)
	}
}
