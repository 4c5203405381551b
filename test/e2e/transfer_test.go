package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/linphone"
	"sipbridge/test/e2e/service"
	"sipbridge/test/e2e/sipp"
)

// TestTransfer: pages and phones send each other on. Phones give another tone than pages, so a phone that hears a
// phone was connected to it.
func TestTransfer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{
		Settings: map[string]map[string]any{"call": {"ring": "8s"}},
	})
	t.Run("blind", w.blind)
	t.Run("attended", w.attended)
	t.Run("attended by a phone", w.attendedByPhone)
	t.Run("seen at a desk phone", w.seenAtADeskPhone)
	t.Run("fails", w.transferFails)
	t.Run("by a phone", w.byPhone)
	t.Run("without reports", w.withoutReports)
	t.Run("again and again", w.againAndAgain)
	w.mustBeEmpty(t)
}

// mustBeEmpty waits until nothing of the calls is left.
func (w *world) mustBeEmpty(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		metrics, err := w.service.Metrics()
		must(t, err)
		left := ""
		for _, gauge := range []string{
			"sipbridge_calls_active", "sipbridge_sip_dialogs", "sipbridge_rtp_port_pairs_in_use", "sipbridge_webrtc_sessions",
		} {
			if count, found := metrics[gauge]; !found || count != 0 {
				left += fmt.Sprintf("%s is %v (found: %v) ", gauge, count, found)
			}
		}
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(left)
		}
		time.Sleep(50 * time.Millisecond) // metrics are asked for
	}
}

// mustJoin expects two phones to hear each other.
func mustJoin(t *testing.T, one, other hearer) {
	t.Helper()
	mustHear(t, one, phoneHz)
	mustHear(t, other, phoneHz)
}

// mustReport expects the page to have been told this status of its transfer, and to have given that name to it.
func mustReport(t *testing.T, p *page, name string, status int) {
	t.Helper()
	must(t, p.WaitEvent(limit, "refer "+name, 1))
	story, err := p.Story()
	must(t, err)
	for _, event := range story {
		if event.Type == "refer "+name && event.Detail != float64(status) {
			t.Errorf("the page was told %v, want %d", event.Detail, status)
		}
	}
}

// blind: each library sends a phone on to another phone, and both talk without it.
func (w *world) blind(t *testing.T) {
	for _, library := range []string{jsSIP, sipJS, sipML5} {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			target := callee(t, func(media sipp.Media) []sipp.Step {
				return []sipp.Step{
					sipp.Ring(), sipp.Pause(time.Second), sipp.Answer(media), sipp.AwaitGoOn(), sipp.Bye(1),
				}
			})
			p, phone := w.talkingToScript(t, library, answerUntilBye)
			must(t, p.Call(nil, "transfer", target.number()))
			mustJoin(t, phone, target)
			if library == sipML5 {
				must(t, p.WaitEvent(limit, "call o_ect_accepted", 1)) //nolint:misspell // sipML5's word
			} else {
				mustReport(t, p, "progress", 180)
				mustReport(t, p, "accepted", 200)
			}
			mustBe(t, p, "ended")
			invite, err := target.WaitMessage("INVITE ", limit)
			must(t, err)
			if !strings.Contains(invite, "\nReferred-By:") || !strings.Contains(invite, p.user+"@localhost") {
				t.Errorf("the target is not told who sends the caller: %s", invite)
			}
			must(t, target.GoOn(limit))
			must(t, target.Wait(limit))
			must(t, phone.Wait(limit))
		})
	}
}

// attended: a page holds a phone, talks to another one, and connects both.
func (w *world) attended(t *testing.T) {
	for _, library := range []string{jsSIP, sipJS} {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			p, phone := w.talkingToScript(t, library, func(media sipp.Media) []sipp.Step {
				return []sipp.Step{
					sipp.Answer(media), sipp.AwaitReinvite(media, 2, "recvonly"), sipp.AwaitReinvite(media, 3, "sendrecv"),
					sipp.AwaitBye(),
				}
			})
			target := newPhone(t, baresip.Options{User: "phone", Codec: "PCMA", Transport: "tcp"})
			must(t, p.Call(nil, "hold"))
			must(t, p.Call(nil, "consult", dialable(target)))
			mustBe(t, p, "established")
			mustTalk(t, p, target)
			must(t, p.Call(nil, "join"))
			mustReport(t, p, "accepted", 200)
			mustJoin(t, phone, target)
			mustBe(t, p, "ended")
			must(t, target.Hangup())
			must(t, phone.Wait(limit))
		})
	}
}

// attendedByPhone: linphonec holds one phone, talks to another one, and connects both.
func (w *world) attendedByPhone(t *testing.T) {
	t.Parallel()
	number := int(w.users.Add(1)) - 1
	referrer, err := linphone.Start(linphone.Options{
		User: userName(number), Domain: "localhost", Password: password(number), Registrar: w.service.SIP,
		Codec: "PCMU", Rate: 8000, ToneHz: pageHz, Dir: t.TempDir(),
	})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("linphonec:\n%s", referrer.Report())
		}
		referrer.Stop()
	})
	held := callee(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.AwaitReinvite(media, 2, "recvonly"), sipp.AwaitReinvite(media, 3, "sendrecv"),
			sipp.AwaitBye(),
		}
	})
	target := callee(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Answer(media), sipp.AwaitGoOn(), sipp.Bye(1)}
	})
	must(t, referrer.Dial(held.number()))
	mustHear(t, held, pageHz)
	must(t, referrer.Hold(limit))
	must(t, referrer.Dial(target.number()))
	mustHear(t, target, pageHz)
	must(t, referrer.Join(1, 2))
	mustJoin(t, held, target)
	must(t, target.GoOn(limit))
	must(t, target.Wait(limit))
	must(t, held.Wait(limit))
}

// seenAtADeskPhone: linphonec, which was called by a page and is sent on by it, is told to whom.
func (w *world) seenAtADeskPhone(t *testing.T) {
	t.Parallel()
	number := int(w.users.Add(1)) - 1
	phone, err := linphone.Start(linphone.Options{
		User: userName(number), Domain: "localhost", Password: password(number), Registrar: w.service.SIP,
		Codec: "PCMU", Rate: 8000, ToneHz: phoneHz, Dir: t.TempDir(),
	})
	must(t, err)
	t.Cleanup(phone.Stop)
	p := w.newPage(t, jsSIP)
	must(t, p.Call(nil, "call", "sip:"+userName(number)+"@localhost"))
	mustBe(t, p, "established")
	mustHear(t, phone, pageHz)
	must(t, p.Call(nil, "transfer", "sip:tone@localhost"))
	mustReport(t, p, "accepted", 200)
	must(t, phone.WaitMessage(`Remote-Party-ID: "Tone" <sip:tone@localhost>;party=calling;screen=no`, limit))
	mustHear(t, phone, 1004)
	must(t, phone.Hangup())
	must(t, phone.WaitEnded(limit))
}

// transferFails: the call that there was goes on with its sound.
func (w *world) transferFails(t *testing.T) {
	for _, test := range []struct {
		name   string
		steps  []sipp.Step // of the target; none: it is nobody
		status int
	}{
		{"declined", []sipp.Step{sipp.Ring(), sipp.Reject(603, "Decline")}, 603},
		{"busy", []sipp.Step{sipp.Reject(486, "Busy Here")}, 486},
		{"not found", nil, 404},
		{"no answer", []sipp.Step{sipp.Ring(), sipp.AwaitCancel()}, 408},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			number := "sip:nobody@localhost"
			var target *scripted
			if test.steps != nil {
				target = callee(t, func(sipp.Media) []sipp.Step { return test.steps })
				number = target.number()
			}
			p, phone := w.talkingToScript(t, jsSIP, answerUntilBye)
			must(t, p.Call(nil, "transfer", number))
			mustReport(t, p, "failed", test.status)
			if target != nil {
				must(t, target.Wait(limit))
			}
			must(t, phone.WaitPackets(phone.Packets()+2*50, limit)) // two seconds of fresh sound
			mustTalk(t, p, phone)
			must(t, p.Call(nil, "hangup"))
			must(t, phone.Wait(limit))
		})
	}
}

// byPhone: a phone that was called by a page sends it on to another page.
func (w *world) byPhone(t *testing.T) {
	t.Run("sipp", func(t *testing.T) {
		t.Parallel()
		target := w.newPage(t, sipJS)
		phone := callee(t, func(media sipp.Media) []sipp.Step {
			return []sipp.Step{
				sipp.Answer(media), sipp.AwaitGoOn(), sipp.Refer(1, 202, "sip:"+target.user+"@localhost"),
				sipp.AwaitNotify(), sipp.AwaitNotify(), sipp.AwaitNotify(), sipp.Bye(2),
			}
		})
		p := w.newPage(t, jsSIP)
		must(t, p.Call(nil, "call", phone.number()))
		mustBe(t, p, "established")
		mustTalk(t, p, phone)
		must(t, phone.GoOn(limit))
		mustBe(t, target, "incoming")
		must(t, target.Call(nil, "answer"))
		must(t, phone.Wait(limit))
		mustHear(t, p, pageHz)
		mustHear(t, target, pageHz)
		last, err := phone.WaitMessage("NOTIFY ", limit)
		must(t, err)
		if !strings.Contains(last, "Subscription-State: terminated;reason=noresource") ||
			!strings.Contains(last, "SIP/2.0 200 OK") {
			t.Errorf("the last report is %s", last)
		}
		must(t, target.Call(nil, "hangup"))
		mustBe(t, p, "ended")
	})
	t.Run("baresip", func(t *testing.T) {
		t.Parallel()
		number := int(w.users.Add(1)) - 1
		phone := newPhone(t, baresip.Options{
			User: userName(number), Password: password(number), Domain: "localhost", Registrar: w.service.SIP,
			Codec: "PCMU", Transport: "tcp",
		})
		target := callee(t, answerUntilBye)
		p := w.newPage(t, jsSIP)
		must(t, p.Call(nil, "call", "sip:"+userName(number)+"@localhost"))
		mustBe(t, p, "established")
		mustTalk(t, p, phone)
		must(t, phone.Transfer(target.number()))
		_, err := phone.WaitEvent(baresip.Closed, 1, limit)
		must(t, err)
		mustHear(t, target, pageHz)
		must(t, target.WaitPackets(2*50, limit))
		mustHear(t, p, phoneHz)
		must(t, p.Call(nil, "hangup"))
		must(t, target.Wait(limit))
	})
}

// withoutReports: a phone that wants no NOTIFY gets none, and is hung up when the target has answered (RFC 4488).
func (w *world) withoutReports(t *testing.T) {
	t.Parallel()
	p := w.newPage(t, jsSIP)
	phone := callee(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.AwaitGoOn(),
			sipp.Refer(1, 200, "sip:echo@localhost", "Refer-Sub: false", "Require: norefersub"), sipp.AwaitBye(),
		}
	})
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "established")
	mustHear(t, p, phoneHz)
	must(t, phone.GoOn(limit))
	must(t, phone.Wait(limit))
	mustHear(t, p, pageHz) // its own echo
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
}

// againAndAgain: three in a row leave nothing behind.
func (w *world) againAndAgain(t *testing.T) {
	for range 3 {
		target := callee(t, answerUntilBye)
		p, phone := w.talkingToScript(t, jsSIP, func(media sipp.Media) []sipp.Step {
			return []sipp.Step{sipp.Answer(media), sipp.AwaitGoOn(), sipp.Bye(1)}
		})
		must(t, p.Call(nil, "transfer", target.number()))
		mustReport(t, p, "accepted", 200)
		mustJoin(t, phone, target)
		must(t, phone.GoOn(limit))
		must(t, phone.Wait(limit))
		must(t, target.Wait(limit))
	}
}

// TestTrunkTransfersByItself: with call.pass_transfers a trunk that takes REFER does it, and one that does not want to
// leaves it to the bridge.
func TestTrunkTransfersByItself(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		steps []sipp.Step // after the answer
		does  bool
	}{
		{"does", []sipp.Step{
			sipp.AwaitRefer(202, "Accepted"), sipp.Notify(1, "active;expires=60", "SIP/2.0 100 Trying"),
			sipp.Notify(2, "terminated;reason=noresource", "SIP/2.0 200 OK"), sipp.AwaitBye(),
		}, true},
		{"does not want to", []sipp.Step{sipp.AwaitRefer(603, "Decline"), sipp.AwaitBye()}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			trunk := callee(t, func(media sipp.Media) []sipp.Step {
				return append([]sipp.Step{sipp.AnswerReferring(media)}, test.steps...)
			})
			w := newWorld(t, browser.Chromium, service.Options{
				NextHops: map[string]string{"carrier.test": trunk.Address},
				Settings: map[string]map[string]any{"call": {"pass_transfers": true}},
			})
			p := w.newPage(t, jsSIP)
			must(t, p.Call(nil, "call", "sip:bob@carrier.test"))
			mustBe(t, p, "established")
			mustTalk(t, p, trunk)
			must(t, p.Call(nil, "transfer", "sip:tone@localhost"))
			mustReport(t, p, "accepted", 200)
			if !test.does {
				mustHear(t, trunk, 1004) // the bridge has called the number itself
				metrics, err := w.service.Metrics()
				must(t, err)
				if metrics["sipbridge_calls_active"] != 1 {
					t.Errorf("%v calls", metrics["sipbridge_calls_active"])
				}
				trunk.Stop()
				return
			}
			mustBe(t, p, "ended")
			must(t, trunk.Wait(limit))
			refer, err := trunk.WaitMessage("REFER ", limit)
			must(t, err)
			if !strings.Contains(refer, "\nRefer-To: <sip:tone@localhost>") {
				t.Errorf("asked by %s", refer)
			}
			w.mustBeEmpty(t)
		})
	}
}
