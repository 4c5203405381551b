package flows

import (
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/sipp"
)

// TestRaces force with exact timing what package sipua's tests race a thousand times: requests that cross.
func TestRaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	races := map[string]func(*testing.T){
		"offers that cross":                             w.offersCross,
		"an offer that is pending there":                w.offerIsPending,
		"BYE against our re-INVITE":                     w.byeAgainstReinvite,
		"re-INVITE before the answer":                   w.reinviteBeforeAnswer,
		"answer against CANCEL":                         w.answerAgainstCancel,
		"late 180 and 183":                              w.lateProvisionals,
		"an answer that is never acknowledged":          w.neverAcknowledged,
		"an INVITE that is repeated after its answer":   w.repeatedInvite,
		"provisional response that is not acknowledged": w.neverPracked,
	}
	t.Run("races", func(t *testing.T) {
		for name, race := range races {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				race(t)
			})
		}
	})
}

// holding is an Alice that holds when told, and then hangs up when told.
func holding(uri string, media sipp.Media) []sipp.Step {
	return []sipp.Step{
		sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitGoOn(), callerOffers(media, 2, "sendonly"),
		sipp.AwaitGoOn(), sipp.CallerBye(3),
	}
}

// offersCross: Bob offers while our offer is on its way to him. He hears 491, and answers ours.
func (w *world) offersCross(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.KeepInvite(),
			sipp.Request("INVITE", 1, media.SDP(2, "sendrecv")), sipp.AwaitRefusal(491, 1),
			sipp.Reply{Code: 200, Reason: "OK", SDP: media.SDP(2, "recvonly"), Repeated: true}.Step(), sipp.Await("ACK"),
			sipp.AwaitBye(),
		}
	})
	alice := w.alice(t, bob, holding)
	mustTalk(t, alice, bob)
	goOn(t, alice)
	must(t, alice.WaitQuiet(limit))
	bob.mustGet(t, "ACK", 2)
	goOn(t, alice)
	mustEnd(t, alice, bob)
}

// offerIsPending: Bob answers ours with 491. It comes again, not at once, and he takes it.
func (w *world) offerIsPending(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.Await("INVITE"),
			sipp.Reply{Code: 491, Reason: "Request Pending", Last: true}.Step(), sipp.Await("ACK"),
			sipp.AwaitReinvite(media, 2, "recvonly"), sipp.AwaitBye(),
		}
	})
	alice := w.alice(t, bob, holding)
	mustTalk(t, alice, bob)
	goOn(t, alice)
	bob.mustGet(t, "ACK", 3)
	goOn(t, alice)
	mustEnd(t, alice, bob)
}

// byeAgainstReinvite: Bob hangs up while our offer waits for him, and refuses it then.
func (w *world) byeAgainstReinvite(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Answer(media), sipp.KeepInvite(), sipp.Bye(1), sipp.Reject(487, "Request Terminated"),
		}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitGoOn(), callerOffers(media, 2, "sendonly"), sipp.AwaitBye(),
		}
	})
	mustTalk(t, alice, bob)
	goOn(t, alice)
	mustEnd(t, alice, bob)
}

// reinviteBeforeAnswer: Alice offers anew while it rings, and is told to wait. The call comes up as if nothing was.
func (w *world) reinviteBeforeAnswer(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Ring(), sipp.AwaitGoOn(), sipp.Answer(media), sipp.AwaitBye()}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Call(uri, media), sipp.AwaitRinging(), sipp.CallerRequest("INVITE", 2, media.SDP(2, "sendonly")),
			sipp.AwaitCallerRefusal(500, 2), sipp.AwaitAnswer(), sipp.AwaitGoOn(), sipp.CallerBye(3),
		}
	})
	alice.mustGet(t, "SIP/2.0 500", 1)
	goOn(t, bob)
	alice.mustAcknowledge(t, 2)
	mustTalk(t, alice, bob)
	goOn(t, alice)
	mustEnd(t, alice, bob)
	if again := header(alice.received("SIP/2.0 500")[0], "Retry-After"); again == "" {
		t.Error("nothing is said about when to try again")
	}
}

// answerAgainstCancel: Bob answers when he was canceled already: he gets an ACK, and a BYE.
func (w *world) answerAgainstCancel(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Ring(), sipp.AnswerDespiteCancel(media)}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.Pause(time.Second), sipp.Cancel(uri)}
	})
	mustEnd(t, alice, bob)
}

// lateProvisionals: what rings after the answer changes nothing.
func (w *world) lateProvisionals(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		other := media
		other.Port = 9
		return []sipp.Step{
			sipp.Answer(media), sipp.Ring(), sipp.Early(other),
			sipp.Reply{Code: 180, Reason: "Ringing", Fork: "b", Headers: []string{"Require: 100rel", "RSeq: 5"}}.Step(),
			sipp.AwaitBye(),
		}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitGoOn(), sipp.CallerBye(2)}
	})
	mustTalk(t, alice, bob)
	goOn(t, alice)
	mustEnd(t, alice, bob)
	if len(alice.received("SIP/2.0 18")) != 0 {
		t.Error("it rings after the answer")
	}
}

// neverAcknowledged: Alice's ACK never comes. The 200 is repeated for 32 s, and then both are hung up.
func (w *world) neverAcknowledged(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step { return []sipp.Step{sipp.Answer(media), sipp.AwaitBye()} })
	caller := <-w.trunks
	alice := w.newRaw(t, "deaf", caller.port)
	uri, from := w.uri(bob.Address), "<sip:alice@"+caller.domain+">;tag=alice"
	contact := "Contact: <sip:alice@" + alice.address() + ">"
	alice.send(someSDP(), alice.request("INVITE", uri, from, "<"+uri+">", 1, contact)...)
	first := alice.await("SIP/2.0 200")
	for range 5 {
		if again := alice.await("SIP/2.0 200"); again != first {
			t.Errorf("repeated as\n%s\nnot as\n%s", again, first)
		}
	}
	bye := alice.await("BYE ")
	if !strings.Contains(header(bye, "Reason"), "cause=408") {
		t.Errorf("hung up by\n%s", bye)
	}
	alice.respond(bye, "200 OK", "")
	mustEnd(t, bob)
}

// repeatedInvite: an INVITE that comes again after the answer makes no second call, nor a 481 (RFC 6026).
func (w *world) repeatedInvite(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step { return []sipp.Step{sipp.Answer(media), sipp.AwaitBye()} })
	caller := <-w.trunks
	alice := w.newRaw(t, "twice", caller.port)
	uri, from := w.uri(bob.Address), "<sip:alice@"+caller.domain+">;tag=alice"
	contact := "Contact: <sip:alice@" + alice.address() + ">"
	invite := alice.request("INVITE", uri, from, "<"+uri+">", 1, contact)
	alice.send(someSDP(), invite...)
	ok := alice.await("SIP/2.0 200")
	alice.send(someSDP(), invite...)
	alice.send("", alice.request("ACK", uri, from, header(ok, "To"), 1)...)
	alice.send(someSDP(), invite...)
	alice.send("", alice.request("BYE", uri, from, header(ok, "To"), 2)...)
	for {
		answer := alice.await("SIP/2.0 ")
		if header(answer, "CSeq") == "2 BYE" {
			break
		}
		if answer != ok {
			t.Errorf("the repeated INVITE is answered\n%s", answer)
		}
	}
	mustEnd(t, bob)
}

// neverPracked: Alice requires reliable responses and never acknowledges one: it is repeated, and then she is refused.
func (w *world) neverPracked(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Ring(), sipp.AwaitCancel()} })
	caller := <-w.trunks
	alice := w.newRaw(t, "mute", caller.port)
	uri, from := w.uri(bob.Address), "<sip:alice@"+caller.domain+">;tag=alice"
	contact := "Contact: <sip:alice@" + alice.address() + ">"
	alice.send(someSDP(), alice.request("INVITE", uri, from, "<"+uri+">", 1, contact, "Require: 100rel")...)
	first := alice.await("SIP/2.0 180")
	for range 6 { // after 0.5, 1, 2, 4, 8 and 16 s
		if again := alice.await("SIP/2.0 180"); again != first {
			t.Errorf("repeated as\n%s\nnot as\n%s", again, first)
		}
	}
	refusal := alice.await("SIP/2.0 504")
	alice.branch--
	alice.send("", alice.request("ACK", uri, from, header(refusal, "To"), 1)...)
	mustEnd(t, bob)
}

// someSDP is that of a party to which nobody listens.
func someSDP() string {
	return strings.ReplaceAll(sipp.Media{Port: 30000, Codec: "PCMU"}.SDP(1, "sendrecv"), "      ", "")
}
