package flows

import (
	"fmt"
	"strings"
	"testing"

	"sipbridge/test/e2e/sipp"
)

// refusesSRTP: the carrier answers 488 to an offer of protected media, and takes the same call with media in clear.
func (w *world) refusesSRTP(t *testing.T) {
	t.Helper()
	w.talkInClear(t, w.clear[0], "sip:2123@", func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Reply{Code: 488, Reason: "Not Acceptable Here"}.Step(), sipp.Await("ACK"),
			sipp.AwaitAgain(), sipp.Ring(), sipp.Answer(media), sipp.AwaitBye(),
		}
	})
}

// takesNoSRTP: the carrier takes the call, and of the protected stream that it was offered nothing (port 0). It gets
// another offer in the call that is up.
func (w *world) takesNoSRTP(t *testing.T) {
	t.Helper()
	w.talkInClear(t, w.clear[1], "sip:3123@", func(media sipp.Media) []sipp.Step {
		none := strings.Replace(media.SDP(1, "sendrecv"), fmt.Sprintf("%d RTP/AVP", media.Port), "0 RTP/SAVP", 1)
		return []sipp.Step{
			sipp.Ring(), sipp.Reply{Code: 200, Reason: "OK", SDP: none, Repeated: true}.Step(), sipp.Await("ACK"),
			sipp.AwaitReinvite(media, 2, "sendrecv"), sipp.AwaitBye(),
		}
	})
}

// talkInClear lets Alice call a carrier, who is offered protected media, and then others.
func (w *world) talkInClear(t *testing.T, port int, uri string, steps func(sipp.Media) []sipp.Step) {
	t.Helper()
	bob := w.play(t, bobHz, sipp.Options{Port: port}, steps)
	alice := w.aliceCalls(t, uri+w.SIP, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitGoOn(), sipp.CallerBye(2),
		}
	})
	bob.mustGet(t, "INVITE", 2)
	mustTalk(t, alice, bob)
	goOn(t, alice)
	mustEnd(t, alice, bob)
	invites := bob.received("INVITE")
	for i, profile := range []string{"RTP/SAVP ", "RTP/AVP "} {
		if got := invites[i]; !strings.Contains(got, profile) || strings.Contains(got, "a=crypto:") != (i == 0) {
			t.Errorf("offer %d is not of %s:\n%s", i, profile, got)
		}
	}
	if header(invites[0], "Call-ID") != header(invites[1], "Call-ID") {
		t.Error("the second offer came in another call")
	}
}
