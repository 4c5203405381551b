package e2e

import (
	"fmt"
	"strings"
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// TestChromium runs all that one Chromium and one service can share.
func TestChromium(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{
		Settings: map[string]map[string]any{"call": {"ring": "8s"}},
	})
	t.Run("registration", w.registration)
	t.Run("placed", w.placed)
	t.Run("received", w.received)
	t.Run("codecs", w.codecs)
	t.Run("narrow answer", w.answersNarrowly)
	t.Run("refused", w.refused)
	t.Run("cancelled", w.cancelled)
	t.Run("early media", w.earlyMedia)
	t.Run("hold", w.hold)
	t.Run("keys", w.keys)
	t.Run("numbers", w.numbers)
	t.Run("two pages", w.twoPages)
	t.Run("lost socket", w.lostSocket)
	t.Run("reloaded", w.reloaded)
}

// registration: each library registers and unregisters; a wrong password is refused.
func (w *world) registration(t *testing.T) {
	for _, library := range []string{jsSIP, sipJS, sipML5} {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			p := w.newPage(t, library)
			must(t, p.Call(nil, "unregister"))
			stranger, account := w.openPage(t, library)
			account.Password = "wrong"
			if err := stranger.Register(account); err == nil {
				t.Error("registered with a wrong password")
			}
		})
	}
}

func answerUntilBye(media sipp.Media) []sipp.Step {
	return []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitBye()}
}

// placed: each library calls a phone, both hear each other, and either hangs up.
func (w *world) placed(t *testing.T) {
	for _, library := range []string{jsSIP, sipJS, sipML5} {
		t.Run(library+" hangs up", func(t *testing.T) {
			t.Parallel()
			phone := callee(t, answerUntilBye)
			p := w.newPage(t, library)
			must(t, p.Call(nil, "call", phone.number()))
			mustBe(t, p, "established")
			mustTalk(t, p, phone)
			mustBeSmall(t, phone)
			must(t, p.Call(nil, "hangup"))
			must(t, phone.Wait(limit))
		})
		t.Run(library+" is hung up on", func(t *testing.T) {
			t.Parallel()
			phone := callee(t, func(media sipp.Media) []sipp.Step {
				return []sipp.Step{sipp.Answer(media), sipp.AwaitGoOn(), sipp.Bye(1)}
			})
			p := w.newPage(t, library)
			must(t, p.Call(nil, "call", phone.number()))
			mustBe(t, p, "established")
			must(t, phone.GoOn(limit))
			mustBe(t, p, "ended")
			must(t, phone.Wait(limit))
		})
	}
}

// mustBeSmall holds the bridge to its word: the phone gets a small RTP/AVP offer, not the browser's.
func mustBeSmall(t *testing.T, phone *scripted) {
	t.Helper()
	invite, err := phone.WaitMessage("INVITE ", limit)
	must(t, err)
	if !strings.Contains(invite, " RTP/AVP ") || len(invite) > 1400 {
		t.Errorf("the phone is offered %d bytes: %s", len(invite), invite)
	}
	for _, foreign := range []string{"a=ice-", "a=fingerprint", "a=candidate", "transport-wide", "sdes:mid", ".invalid"} {
		if strings.Contains(invite, foreign) {
			t.Errorf("the phone is offered %q: %s", foreign, invite)
		}
	}
}

// received: a phone calls each library; the page or the phone hangs up.
func (w *world) received(t *testing.T) {
	for _, library := range []string{jsSIP, sipJS, sipML5} {
		t.Run(library+" hangs up", func(t *testing.T) {
			t.Parallel()
			p := w.newPage(t, library)
			phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
				return []sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitBye()}
			})
			mustBe(t, p, "incoming")
			must(t, p.Call(nil, "answer"))
			mustBe(t, p, "established")
			phone.playTo(t, "SIP/2.0 200")
			mustTalk(t, p, phone)
			must(t, p.Call(nil, "hangup"))
			must(t, phone.Wait(limit))
		})
		t.Run(library+" is hung up on", func(t *testing.T) {
			t.Parallel()
			p := w.newPage(t, library)
			phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
				return []sipp.Step{sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitGoOn(), sipp.CallerBye(2)}
			})
			mustBe(t, p, "incoming")
			must(t, p.Call(nil, "answer"))
			mustBe(t, p, "established")
			phone.mustGet(t, "SIP/2.0 200")
			must(t, phone.GoOn(limit))
			mustBe(t, p, "ended")
			must(t, phone.Wait(limit))
		})
	}
}

// callPage starts a sipp that calls the page.
func (w *world) callPage(t *testing.T, p *page, steps func(string, sipp.Media) []sipp.Step) *scripted {
	t.Helper()
	sound, media := newEar(t)
	return runScript(t, sound, sipp.Options{Steps: steps(w.uri(p), media), Remote: w.service.SIP})
}

// codecs: phones with one codec only, over UDP and TCP, called and calling, registered or not.
func (w *world) codecs(t *testing.T) {
	for _, codec := range []string{"PCMU", "PCMA", "opus"} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(fmt.Sprintf("%s over %s", codec, transport), func(t *testing.T) {
				t.Parallel()
				w.callsBothWays(t, codec, transport)
			})
		}
	}
	for _, ofPage := range []string{"opus", "PCMU", "PCMA"} {
		for _, ofPhone := range []string{"opus", "PCMU", "PCMA"} {
			t.Run(fmt.Sprintf("%s to %s", ofPage, ofPhone), func(t *testing.T) {
				t.Parallel()
				w.callBetween(t, ofPage, ofPhone)
			})
		}
	}
}

// answersNarrowly: a page that prefers a codec only as it answers names no other, and yet Chromium sends the first one
// that it was offered.
func (w *world) answersNarrowly(t *testing.T) {
	t.Parallel()
	caller, called := w.newPage(t, jsSIP), w.newPage(t, jsSIP)
	must(t, called.Call(nil, "prefer", "audio/PCMU", true))
	must(t, caller.Call(nil, "call", w.uri(called)))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	mustHear(t, caller, pageHz)
	mustHear(t, called, pageHz)
	must(t, caller.Call(nil, "hangup"))
	mustBe(t, called, "ended")
}

func (w *world) callsBothWays(t *testing.T, codec, transport string) {
	t.Helper()
	number := int(w.users.Add(1)) - 1
	phone := newPhone(t, baresip.Options{
		User: userName(number), Password: password(number), Domain: "localhost", Registrar: w.service.SIP,
		Codec: codec, Transport: transport,
	})
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "call", "sip:"+userName(number)+"@localhost"))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	_, err := phone.WaitEvent(baresip.Closed, 1, limit)
	must(t, err)

	must(t, phone.Dial("sip:"+p.user+"@localhost"))
	mustBe(t, p, "incoming")
	must(t, p.Call(nil, "answer"))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, phone.Hangup())
	mustBe(t, p, "ended")
}

// callBetween: a page that has one codec calls a phone that has one codec, the same or another.
func (w *world) callBetween(t *testing.T, ofPage, ofPhone string) {
	t.Helper()
	phone := newPhone(t, baresip.Options{User: "phone", Codec: ofPhone})
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "prefer", "audio/"+ofPage, true))
	must(t, p.Call(nil, "call", dialable(phone)))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	stats, err := p.Stats()
	must(t, err)
	if stats.CodecIn != "audio/"+ofPage || stats.CodecOut != "audio/"+ofPage {
		t.Errorf("the browser talks %q and hears %q", stats.CodecOut, stats.CodecIn)
	}
	must(t, p.Call(nil, "hangup"))
	_, err = phone.WaitEvent(baresip.Closed, 1, limit)
	must(t, err)
}

// numbers: the built-in ones.
func (w *world) numbers(t *testing.T) {
	for number, hertz := range map[string]float64{"echo": pageHz, "tone": 1004} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			p := w.newPage(t, jsSIP)
			must(t, p.Call(nil, "call", "sip:"+number+"@localhost"))
			mustBe(t, p, "established")
			mustHear(t, p, hertz)
			must(t, p.Call(nil, "hangup"))
		})
	}
	t.Run("dtmf", func(t *testing.T) {
		t.Parallel()
		p := w.newPage(t, jsSIP)
		must(t, p.Call(nil, "call", "sip:dtmf@localhost"))
		mustBe(t, p, "established")
		must(t, p.Call(nil, "dtmf", "5", "info", 200))
		must(t, p.WaitTones(limit, 770, 1336)) // the two tones of the key 5, ITU-T Q.23
		must(t, p.Call(nil, "hangup"))
	})
}

// twoPages: browser to browser, between two libraries.
func (w *world) twoPages(t *testing.T) {
	t.Parallel()
	caller, called := w.newPage(t, jsSIP), w.newPage(t, sipJS)
	must(t, caller.Call(nil, "call", "sip:"+called.user+"@localhost"))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	mustHear(t, called, pageHz)
	mustHear(t, caller, pageHz)
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
}

// lostSocket: the call goes on without its WebSocket, and JsSIP hangs up by its next connection.
func (w *world) lostSocket(t *testing.T) {
	t.Parallel()
	phone := callee(t, answerUntilBye)
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "dropSocket"))
	must(t, p.WaitEvent(limit, "disconnected", 1))
	must(t, p.WaitEvent(limit, "registered", 2))
	must(t, phone.WaitPackets(phone.Packets()+2*50, limit)) // two seconds of fresh sound: what is heard is not old
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}

// reloaded: a page that was loaded anew claims the call it had, and the phone notices nothing.
func (w *world) reloaded(t *testing.T) {
	t.Parallel()
	phone := callee(t, answerUntilBye)
	p, account := w.openPage(t, jsSIP)
	must(t, p.Register(account))
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	var dialog map[string]string
	must(t, p.Call(&dialog, "dialog"))
	must(t, p.Reload())
	must(t, p.Register(account))
	must(t, p.Call(nil, "claim", phone.number(), dialog))
	mustBe(t, p, "established")
	mustHear(t, p, phoneHz)
	mustHear(t, phone, pageHz)
	must(t, p.Call(nil, "hangup"))
	must(t, phone.Wait(limit))
}
