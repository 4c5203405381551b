package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// TestSIPmlBetweenPages: pages that talk to each other, with nothing but signalling in between, see each other, share
// a screen, refuse, and send each other on.
func TestSIPmlBetweenPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{Settings: map[string]map[string]any{"call": {"breaker": "asked"}}})
	t.Run("pictures", w.sipmlPictures)
	t.Run("screen", w.sipmlScreen)
	t.Run("refused hold", w.sipmlRefusedHold)
	t.Run("failed steps", w.sipmlFailedSteps)
	t.Run("camera switched off and on", w.sipmlCameraOff)
	t.Run("settings that are none", w.sipmlWrongSettings)
	t.Run("keys and another name", w.sipmlInformed)
	t.Run("asked to call somebody else", w.sipmlReferred)
	t.Run("refuses to call somebody else", w.sipmlRefusesTransfer)
	t.Run("refuses a text", w.sipmlRefusesText)
	t.Run("two users on one page", w.sipmlTwoUsers)
	t.Run("two pages of one user", w.sipmlTwoPages)
}

// sees waits until the page sees moving pictures of the other.
func sees(t *testing.T, p *page) {
	t.Helper()
	deadline := time.Now().Add(limit)
	var size [2]int
	for size[0] < 32 || size[1] < 32 {
		if time.Now().After(deadline) {
			t.Fatalf("%s sees a picture of %v", p.user, size)
		}
		must(t, p.Call(&size, "picture"))
		time.Sleep(100 * time.Millisecond) // the element is asked for
	}
}

// connected calls the other page and lets it answer.
func connected(t *testing.T, caller, called *page, kind string) {
	t.Helper()
	must(t, caller.Call(nil, "call", "sip:"+called.user+"@localhost", kind))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	mustBe(t, called, "established")
}

func (w *world) sipmlPictures(t *testing.T) {
	t.Parallel()
	caller := w.sipmlPage(t, map[string]any{"video_size": map[string]int{"maxWidth": 320, "maxHeight": 240}}, nil)
	called := w.sipmlPage(t, nil, nil)
	for _, p := range []*page{caller, called} {
		must(t, p.Call(nil, "showVideo"))
	}
	connected(t, caller, called, "call-audiovideo")
	sees(t, caller)
	sees(t, called)
	mustHear(t, caller, pageHz)
	mustHear(t, called, pageHz)
	var plays map[string]string
	must(t, caller.Call(&plays, "plays"))
	for _, element := range []string{"video_local", "video_remote", "audio_local", "audio_remote"} {
		must(t, caller.WaitEvent(limit, "call m_stream_"+element+"_added", 1))
		if plays[element] != "audio video" { // the whole stream, as sipML5 does
			t.Errorf("%s has the tracks %q", element, plays[element])
		}
	}
	var size [2]int
	must(t, called.Call(&size, "picture"))
	if size[0] > 320 || size[1] > 240 {
		t.Errorf("the picture is %v", size)
	}
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
	must(t, caller.Call(&plays, "plays"))
	for element, tracks := range plays {
		if tracks != "" {
			t.Errorf("%s still has the tracks %q", element, tracks)
		}
	}

	connected(t, caller, called, "call-video")
	sees(t, caller)
	sees(t, called)
	must(t, caller.Call(nil, "hangup"))
	mustBe(t, called, "ended")
}

func (w *world) sipmlScreen(t *testing.T) {
	t.Parallel()
	caller, called := w.sipmlPage(t, nil, nil), w.sipmlPage(t, nil, nil)
	for _, p := range []*page{caller, called} {
		must(t, p.Call(nil, "showVideo"))
	}
	connected(t, caller, called, "call-screenshare")
	sees(t, called)
	mustHear(t, called, pageHz)
	must(t, caller.Call(nil, "hangup"))
	mustBe(t, called, "ended")
}

// sipmlRefusedHold: the call goes on as it was.
func (w *world) sipmlRefusedHold(t *testing.T) {
	t.Parallel()
	caller, called := w.sipmlPage(t, nil, nil), w.newPage(t, jsSIP)
	connected(t, caller, called, "call-audio")
	must(t, called.Call(nil, "refuseOffers"))
	if err := caller.Call(nil, "hold"); err == nil {
		t.Error("a hold succeeded that was refused")
	}
	must(t, caller.WaitEvent(limit, "call m_local_hold_nok", 1))
	mustHear(t, caller, pageHz)
	mustHear(t, called, pageHz)
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
}

// sipmlInformed: a key of the other page arrives as it was sent, and a caller may have another name and features.
func (w *world) sipmlInformed(t *testing.T) {
	t.Parallel()
	caller, account := w.openPage(t, ours(w))
	must(t, caller.Call(nil, "configure", nil, map[string]any{
		"from":     `"Office" <sip:` + caller.user + `@localhost>`,
		"sip_caps": []map[string]string{{"name": "+audio"}, {"name": "language", "value": `"en,fr"`}},
	}))
	must(t, caller.Register(account))
	called := w.newPage(t, jsSIP)
	connected(t, caller, called, "call-audio")
	must(t, called.Call(nil, "dtmf", "5", "info", 100))
	must(t, caller.WaitEvent(limit, "call i_info", 1))
	name := `From: "Office" <sip:` + caller.user + `@localhost>`
	for _, part := range []string{name, `>;+audio;language="en,fr"`} {
		var count int
		must(t, caller.Call(&count, "sent", "INVITE", part))
		if count == 0 {
			t.Errorf("no %s in the INVITE", part)
		}
	}
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
}

func (w *world) sipmlReferred(t *testing.T) {
	t.Parallel()
	p, referrer, target := w.sipmlPage(t, nil, nil), w.newPage(t, jsSIP), w.newPage(t, jsSIP)
	connected(t, p, referrer, "call-audio")
	must(t, referrer.Call(nil, "transfer", "sip:nobody@localhost"))
	must(t, p.WaitEvent(limit, "call "+isAskedTransfer+"requested", 1))
	must(t, p.Call(nil, "acceptTransfer"))
	must(t, p.WaitEvent(limit, "call "+isAskedTransfer+"failed", 1))
	must(t, referrer.Call(nil, "transfer", "sip:"+target.user+"@localhost"))
	must(t, p.WaitEvent(limit, "call "+isAskedTransfer+"requested", 2))
	must(t, p.Call(nil, "acceptTransfer"))
	mustBe(t, target, "incoming")
	must(t, target.Call(nil, "answer"))
	for _, event := range []string{"new_call", "notify", "completed"} {
		must(t, p.WaitEvent(limit, "call "+isAskedTransfer+event, 1))
	}
	mustReport(t, referrer, "accepted", 200)
	mustBe(t, referrer, "ended")
	mustHear(t, target, pageHz)
	must(t, target.Call(nil, "hangup"))
	mustBe(t, target, "ended")
}

func (w *world) sipmlRefusesTransfer(t *testing.T) {
	t.Parallel()
	p, referrer := w.sipmlPage(t, nil, nil), w.newPage(t, jsSIP)
	connected(t, p, referrer, "call-audio")
	must(t, referrer.Call(nil, "transfer", "sip:nobody@localhost"))
	must(t, p.WaitEvent(limit, "call "+isAskedTransfer+"requested", 1))
	must(t, p.Call(nil, "rejectTransfer"))
	must(t, referrer.WaitEvent(limit, "refer requestFailed", 1))
	mustHear(t, p, pageHz)
	must(t, p.Call(nil, "hangup"))
	mustBe(t, referrer, "ended")
}

// sipmlRefusesText: who wrote hears of it, which sipML5 let him wait for.
func (w *world) sipmlRefusesText(t *testing.T) {
	t.Parallel()
	p, other := w.sipmlPage(t, nil, nil), w.newPage(t, jsSIP)
	must(t, p.Call(nil, "refuseTexts"))
	err := other.Call(nil, "say", "sip:"+p.user+"@localhost", "Are you there?")
	if err == nil || !strings.Contains(err.Error(), "MESSAGE: 603") {
		t.Errorf("who wrote is told %v", err)
	}
	must(t, p.WaitEvent(limit, "message", 1))
}

// sipmlTwoPages: both ring, and the one that is not answered hears why it stops.
func (w *world) sipmlTwoPages(t *testing.T) {
	t.Parallel()
	first := w.sipmlPage(t, nil, nil)
	second, account := w.openPage(t, ours(w))
	number, err := strconv.Atoi(strings.TrimPrefix(first.user, "user"))
	must(t, err)
	account.User, account.URI, account.Password = first.user, "sip:"+first.user+"@localhost", password(number)
	must(t, second.Register(account))
	caller := w.newPage(t, jsSIP)
	must(t, caller.Call(nil, "call", account.URI))
	mustBe(t, first, "incoming")
	mustBe(t, second, "incoming")
	must(t, first.Call(nil, "answer"))
	mustBe(t, caller, "established")
	mustBe(t, second, "ended")
	if reason, reasonErr := second.Reason(); reasonErr != nil || reason.Cause != "Call completed elsewhere" {
		t.Errorf("the other page is told %+v, %v", reason, reasonErr)
	}
	must(t, caller.Call(nil, "hangup"))
	mustBe(t, first, "ended")
}

// sipmlTwoUsers: stacks of one page share nothing, as those of sipML5 did: one user calls the other, and goes on when
// that one has stopped.
func (w *world) sipmlTwoUsers(t *testing.T) {
	t.Parallel()
	p := w.sipmlPage(t, nil, nil)
	number := int(w.users.Add(1)) - 1
	uri := "sip:" + userName(number) + "@localhost"
	must(t, p.Call(nil, "another", browser.Account{
		WS: w.service.WS, URI: uri, User: userName(number), Domain: "localhost", Password: password(number),
	}))
	must(t, p.Call(nil, "call", uri))
	mustBe(t, p, "established")
	must(t, p.WaitEvent(limit, "other call connected", 1))
	mustHear(t, p, pageHz)
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
	must(t, p.WaitEvent(limit, "other stopped", 2))
	must(t, p.Call(nil, "call", "sip:tone@localhost"))
	mustBe(t, p, "established")
	mustHear(t, p, 1004)
	must(t, p.Call(nil, "hangup"))
}
