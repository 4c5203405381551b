package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/sipp"
)

// refused: the phone's final failure reaches the page as it is, and the page's the phone.
func (w *world) refused(t *testing.T) {
	for code, reason := range map[int]string{
		486: "Busy Here", 603: "Decline", 404: "Not Found", 480: "Temporarily Unavailable",
		488: "Not Acceptable Here", 503: "Service Unavailable",
	} {
		t.Run(fmt.Sprintf("%d to the page", code), func(t *testing.T) {
			t.Parallel()
			phone := callee(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Ring(), sipp.Reject(code, reason)} })
			p := w.newPage(t, jsSIP)
			must(t, p.Call(nil, "call", phone.number()))
			mustEndWith(t, p, code)
			must(t, phone.Wait(limit))
		})
	}
	for _, code := range []int{486, 603, 480} {
		t.Run(fmt.Sprintf("%d to the phone", code), func(t *testing.T) {
			t.Parallel()
			p := w.newPage(t, jsSIP)
			phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
				return []sipp.Step{sipp.Call(uri, media), sipp.AwaitFailure(uri, code)}
			})
			mustBe(t, p, "incoming")
			must(t, p.Call(nil, "reject", code))
			must(t, phone.Wait(limit))
		})
	}
	t.Run("a phone that claims to be a user of ours", func(t *testing.T) {
		t.Parallel()
		p := w.newPage(t, jsSIP)
		phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
			call := strings.ReplaceAll(string(sipp.Call(uri, media)), "phone@phones.example", "user00@localhost")
			return []sipp.Step{sipp.Step(call), sipp.AwaitFailure(uri, 407)}
		})
		must(t, phone.Wait(limit))
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		p := w.newPage(t, jsSIP)
		must(t, p.Call(nil, "call", "sip:user99@localhost"))
		mustEndWith(t, p, 480)
		must(t, p.Call(nil, "call", "sip:nobody@localhost"))
		mustEndWith(t, p, 404)
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		phone := callee(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Ring(), sipp.AwaitCancel()} })
		p := w.newPage(t, jsSIP)
		must(t, p.Call(nil, "call", phone.number()))
		mustBe(t, p, "ringing")
		mustEndWith(t, p, 408, 480)
		must(t, phone.Wait(limit))
	})
}

func mustEndWith(t *testing.T, p *page, codes ...int) {
	t.Helper()
	mustBe(t, p, "ended")
	reason, err := p.Reason()
	must(t, err)
	if !slices.Contains(codes, reason.Code) {
		t.Errorf("ended with %+v, want %d", reason, codes)
	}
}

// cancelled: by the page, by the phone, and when the answer crosses the CANCEL.
func (w *world) cancelled(t *testing.T) {
	for _, library := range []string{jsSIP, sipJS, sipML5} {
		t.Run("by "+library, func(t *testing.T) {
			t.Parallel()
			phone := callee(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Ring(), sipp.AwaitCancel()} })
			w.ringThenHangUp(t, library, phone)
		})
		t.Run(library+" by the phone", func(t *testing.T) {
			t.Parallel()
			p := w.newPage(t, library)
			phone := w.callPage(t, p, func(uri string, media sipp.Media) []sipp.Step {
				return []sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitGoOn(), sipp.Cancel(uri)}
			})
			mustBe(t, p, "incoming")
			phone.mustGet(t, "SIP/2.0 180")
			must(t, phone.GoOn(limit))
			mustBe(t, p, "ended")
			must(t, phone.Wait(limit))
		})
	}
	t.Run("answered meanwhile", func(t *testing.T) {
		t.Parallel()
		phone := callee(t, func(media sipp.Media) []sipp.Step {
			return []sipp.Step{sipp.Ring(), sipp.AnswerDespiteCancel(media)}
		})
		w.ringThenHangUp(t, jsSIP, phone)
	})
}

func (w *world) ringThenHangUp(t *testing.T, library string, phone *scripted) {
	t.Helper()
	p := w.newPage(t, library)
	must(t, p.Call(nil, "call", phone.number()))
	mustBe(t, p, "ringing")
	must(t, p.Call(nil, "hangup"))
	mustBe(t, p, "ended")
	must(t, phone.Wait(limit))
}

// earlyMedia: what the phone plays before it answers is heard, it hears the keys that it may ask for, and the SDP of
// the 200 is that of the 183.
func (w *world) earlyMedia(t *testing.T) {
	for _, library := range []string{jsSIP, sipJS, sipML5} {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			phone := callee(t, func(media sipp.Media) []sipp.Step {
				return []sipp.Step{sipp.Early(media), sipp.AwaitGoOn(), sipp.Answer(media), sipp.AwaitBye()}
			})
			p := w.newPage(t, library)
			must(t, p.Call(nil, "call", phone.number()))
			phone.playTo(t, "INVITE ")
			mustBe(t, p, "early")
			mustHear(t, p, phoneHz)
			if library == jsSIP { // the others refuse keys before the answer
				must(t, p.Call(nil, "dtmf", "5#", "rtp", 100))
				must(t, phone.WaitDigits("5#", limit))
				must(t, p.Call(nil, "dtmf", "7", "info", 100))
				must(t, phone.WaitDigits("5#7", limit))
			}
			must(t, phone.GoOn(limit))
			mustBe(t, p, "established")
			mustTalk(t, p, phone)
			mustRepeatSDP(t, p)
			must(t, p.Call(nil, "hangup"))
			must(t, phone.Wait(limit))
		})
	}
}

func mustRepeatSDP(t *testing.T, p *page) {
	t.Helper()
	frames, err := p.Trace()
	must(t, err)
	bodies := map[string]string{}
	for _, frame := range frames {
		head, body, _ := strings.Cut(frame.Text, "\r\n\r\n")
		if frame.Way == "in" && strings.Contains(head, " INVITE") && body != "" {
			bodies[head[:min(len(head), len("SIP/2.0 183"))]] = body
		}
	}
	if bodies["SIP/2.0 183"] == "" || bodies["SIP/2.0 183"] != bodies["SIP/2.0 200"] {
		t.Errorf("the SDP of the 183 is\n%s\nand of the 200\n%s", bodies["SIP/2.0 183"], bodies["SIP/2.0 200"])
	}
}

// hold silences, resume restores, from either side.
func (w *world) hold(t *testing.T) {
	for _, library := range []string{jsSIP, sipJS} {
		t.Run("by "+library, func(t *testing.T) {
			t.Parallel()
			p, phone := w.talking(t, library)
			must(t, p.Call(nil, "hold"))
			must(t, p.WaitSilence(limit))
			must(t, phone.WaitQuiet(limit))
			must(t, p.Call(nil, "resume"))
			mustTalk(t, p, phone)
			must(t, p.Call(nil, "hangup"))
			_, err := phone.WaitEvent(baresip.Closed, 1, limit)
			must(t, err)
		})
		t.Run("by the phone of "+library, func(t *testing.T) {
			t.Parallel()
			p, phone := w.talking(t, library)
			must(t, phone.Hold())
			must(t, p.WaitSilence(limit))
			must(t, phone.Resume())
			mustTalk(t, p, phone)
			must(t, phone.Hangup())
			mustBe(t, p, "ended")
		})
	}
}

// talking is a page in a call with a baresip.
func (w *world) talking(t *testing.T, library string) (*page, *baresip.Phone) {
	t.Helper()
	phone := newPhone(t, baresip.Options{User: "phone", Codec: "PCMU"})
	p := w.newPage(t, library)
	must(t, p.Call(nil, "call", dialable(phone)))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	return p, phone
}
