package flows

import (
	"strings"
	"testing"

	"sipbridge/test/e2e/sipp"
)

// TestCarriers are trunks with habits that users met at their carriers. Bob is the carrier where it is called, Alice
// where it calls. The other one is a phone as it should be.
func TestCarriers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	habits := map[string]func(*testing.T){
		"sends INVITEs without an offer":               w.sendsNoOffer,
		"demands PRACK of us":                          w.demandsPrack,
		"sends reliable responses and an early UPDATE": w.sendsReliably,
		"holds as inactive":                            w.holdsAs("inactive", ""),
		"holds as inactive at no address":              w.holdsAs("inactive", "0.0.0.0"),
		"holds at no address":                          w.holdsAs("sendrecv", "0.0.0.0"),
		"answers with another payload type":            w.renumbers,
		"has us refresh each second":                   w.isRefreshedEachSecond,
		"refreshes each second":                        w.refreshesEachSecond,
		"answers from two places":                      w.answersTwice,
		"challenges every request":                     w.challengesAll,
		"refuses SRTP":                                 w.refusesSRTP,
		"takes the call and no stream of SRTP":         w.takesNoSRTP,
	}
	t.Run("habits", func(t *testing.T) {
		for name, habit := range habits {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				habit(t)
			})
		}
	})
}

// goOn lets the scripts go on that await it.
func goOn(t *testing.T, phones ...*phone) {
	t.Helper()
	for _, p := range phones {
		must(t, p.GoOn(limit))
	}
}

// sendsNoOffer: neither the INVITE nor a later re-INVITE has SDP; the answer is in the ACK (RFC 6337).
func (w *world) sendsNoOffer(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitBye()}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.CallWith(uri, ""), sipp.AwaitRinging(), sipp.AwaitFinal(media.SDP(1, "sendrecv")), sipp.AwaitGoOn(),
			sipp.CallerRequest("INVITE", 2, ""), sipp.AwaitCode(200),
			sipp.CallerRequest("ACK", 2, media.SDP(2, "sendrecv")), sipp.AwaitGoOn(), sipp.CallerBye(3),
		}
	})
	mustTalk(t, alice, bob)
	goOn(t, alice)
	alice.mustAcknowledge(t, 2)
	mustTalk(t, alice, bob)
	goOn(t, alice)
	mustEnd(t, alice, bob)
}

// mustGet waits until as many messages have come that begin so.
func (p *phone) mustGet(t *testing.T, start string, count int) {
	t.Helper()
	await(t, func() bool { return len(p.received(start)) >= count }, func() string {
		return "waited for " + start + "\n" + p.Script.Report()
	})
}

// mustAcknowledge waits until it has sent as many ACKs.
func (p *phone) mustAcknowledge(t *testing.T, count int) {
	t.Helper()
	await(t, func() bool { return len(p.messages(true, "ACK")) >= count }, func() string {
		return "waited for an ACK\n" + p.Script.Report()
	})
}

// demandsPrack: the carrier's INVITE requires 100rel. Each response that rings comes reliably, the one with early media
// settles what is spoken, and the 200 says nothing more about it.
func (w *world) demandsPrack(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Ring(), sipp.Early(media), sipp.AwaitGoOn(), sipp.Answer(media), sipp.AwaitBye()}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.CallWith(uri, media.SDP(1, "sendrecv"), "Require: 100rel"),
			sipp.AwaitReliable(180, 2, ""), sipp.AwaitReliable(183, 3, ""), sipp.AwaitFinal(""),
			sipp.AwaitGoOn(), sipp.CallerBye(4),
		}
	})
	bob.mustPlay(t)
	must(t, alice.WaitTone(bobHz, limit)) // early media
	goOn(t, bob)
	alice.mustAcknowledge(t, 1)
	mustTalk(t, alice, bob)
	goOn(t, alice)
	mustEnd(t, alice, bob)
	answers := alice.received("SIP/2.0 200")
	for _, answer := range answers {
		if sipp.AudioPort(answer) != 0 {
			t.Errorf("the answer is repeated in\n%s", answer)
		}
	}
	progress := alice.received("SIP/2.0 183")[0]
	if header(progress, "Require") != "100rel" || header(progress, "RSeq") == "" {
		t.Errorf("not reliable:\n%s", progress)
	}
}

// sendsReliably: the carrier's 183 has the answer and wants a PRACK; then it offers anew by UPDATE, rings reliably, and
// answers without SDP.
func (w *world) sendsReliably(t *testing.T) {
	t.Helper()
	reliably := func(number string) []string { return []string{"Require: 100rel", "RSeq: " + number} }
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Reply{Code: 183, Reason: "Session Progress", Headers: reliably("1"), SDP: media.SDP(1, "sendrecv")}.Step(),
			sipp.AwaitPrack(), sipp.AwaitGoOn(),
			sipp.Request("UPDATE", 1, media.SDP(2, "sendrecv")), sipp.AwaitCode(200),
			sipp.Reply{Code: 180, Reason: "Ringing", Headers: reliably("2")}.Step(), sipp.AwaitPrack(),
			sipp.Reply{Code: 200, Reason: "OK", Repeated: true}.Step(), sipp.Await("ACK"),
			sipp.AwaitGoOn(), sipp.Bye(2),
		}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitBye()}
	})
	bob.mustPlay(t)
	must(t, alice.WaitTone(bobHz, limit)) // early media
	goOn(t, bob)
	bob.mustGet(t, "ACK", 1)
	mustTalk(t, alice, bob)
	goOn(t, bob)
	mustEnd(t, alice, bob)
	for i, prack := range bob.received("PRACK") {
		if want := []string{"1 1 INVITE", "2 1 INVITE"}[i]; header(prack, "RAck") != want {
			t.Errorf("not %s:\n%s", want, prack)
		}
	}
	if update := bob.received("SIP/2.0 200")[0]; sipp.AudioPort(update) == 0 {
		t.Errorf("the UPDATE is answered\n%s", update)
	}
}

// holdsAs: the carrier's hold stops the sound both ways, whatever its form, and it comes back.
func (w *world) holdsAs(direction, address string) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		bob := w.bob(t, func(media sipp.Media) []sipp.Step {
			held := media
			held.Address = address
			return []sipp.Step{
				sipp.Answer(media), sipp.AwaitGoOn(),
				sipp.Request("INVITE", 1, held.SDP(2, direction)), sipp.AwaitCode(200), sipp.Request("ACK", 1, ""),
				sipp.AwaitGoOn(), sipp.Reinvite(media, 2, "sendrecv"), sipp.AwaitGoOn(), sipp.Bye(3),
			}
		})
		alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
			return []sipp.Step{
				sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitReinvite(media, 2, "recvonly"),
				sipp.AwaitReinvite(media, 3, "sendrecv"), sipp.AwaitBye(),
			}
		})
		mustTalk(t, alice, bob)
		goOn(t, bob)
		must(t, bob.WaitQuiet(limit))
		if direction == "inactive" {
			must(t, alice.WaitQuiet(limit))
		}
		goOn(t, bob)
		alice.mustGet(t, "INVITE", 2)
		mustTalk(t, alice, bob)
		goOn(t, bob)
		mustEnd(t, alice, bob)
	}
}

// renumbers: the carrier answers with payload types of its own, other ones after a hold, and never counts its SDP on.
func (w *world) renumbers(t *testing.T) {
	t.Helper()
	const first, second = 97, 98
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		media.Payload = first
		other := media
		other.Payload = second
		return []sipp.Step{
			sipp.Answer(media), sipp.AwaitReinvite(media, 1, "recvonly"), sipp.AwaitReinvite(other, 1, "sendrecv"),
			sipp.AwaitBye(),
		}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitGoOn(),
			callerOffers(media, 2, "sendonly"), sipp.AwaitGoOn(), callerOffers(media, 3, "sendrecv"),
			sipp.AwaitGoOn(), sipp.CallerBye(4),
		}
	})
	bob.Renumber(first)
	mustTalk(t, alice, bob)
	goOn(t, alice)
	must(t, alice.WaitQuiet(limit))
	bob.mustGet(t, "ACK", 2)
	alice.mustAcknowledge(t, 2)
	goOn(t, alice)
	bob.mustGet(t, "ACK", 3)
	alice.mustAcknowledge(t, 3)
	bob.Renumber(second)
	mustTalk(t, alice, bob)
	goOn(t, alice)
	mustEnd(t, alice, bob)
}

// callerOffers is a re-INVITE of Alice.
func callerOffers(media sipp.Media, number int, direction string) sipp.Step {
	return sipp.CallerRequest("INVITE", number, media.SDP(number, direction)) + sipp.AwaitCode(200) +
		sipp.CallerRequest("ACK", number, "")
}

// isRefreshedEachSecond: the carrier gives a session one second and has us refresh it. It would hang up otherwise.
func (w *world) isRefreshedEachSecond(t *testing.T) {
	t.Helper()
	const refreshes = 6
	session := func(seconds string) []string { return []string{"Session-Expires: " + seconds + ";refresher=uac"} }
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		sdp := media.SDP(1, "sendrecv")
		steps := []sipp.Step{
			sipp.Reply{Code: 200, Reason: "OK", SDP: sdp, Headers: session("1"), Repeated: true}.Step(), sipp.Await("ACK"),
		}
		for number := range refreshes {
			headers := session("1")
			if number == refreshes-1 {
				headers = session("1800") // so that none crosses the BYE
			}
			ok := sipp.Reply{Code: 200, Reason: "OK", SDP: sdp, Headers: headers, Last: true, Repeated: true}
			steps = append(steps, sipp.AwaitWithin("INVITE", 1000), ok.Step(), sipp.Await("ACK"))
		}
		return append(steps, sipp.AwaitGoOn(), sipp.Bye(1))
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitBye()}
	})
	mustTalk(t, alice, bob)
	bob.mustGet(t, "ACK", refreshes+1)
	must(t, alice.WaitTone(bobHz, limit))
	must(t, bob.WaitTone(aliceHz, limit))
	goOn(t, bob)
	mustEnd(t, alice, bob)
	if len(alice.received("INVITE")) != 0 {
		t.Error("a refresh crossed to the other leg")
	}
}

// refreshesEachSecond: the carrier asks for a session of one second and is told 90; then it refreshes each second all
// the same, by UPDATE and by re-INVITE.
func (w *world) refreshesEachSecond(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step { return []sipp.Step{sipp.Answer(media), sipp.AwaitBye()} })
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		sdp, number := media.SDP(1, "sendrecv"), 3
		steps := []sipp.Step{
			sipp.CallWith(uri, sdp, "Supported: timer", "Session-Expires: 1;refresher=uac", "Min-SE: 1"),
			sipp.AwaitFailure(uri, 422),
			sipp.CallWith(uri, sdp, "Require: timer", "Session-Expires: 90;refresher=uac"),
			sipp.AwaitFinal(""),
		}
		steps[2] = sipp.Step(strings.Replace(string(steps[2]), "CSeq: 1 ", "CSeq: 2 ", 1))
		steps[3] = sipp.Step(strings.Replace(string(steps[3]), "CSeq: 1 ", "CSeq: 2 ", 1))
		for range 3 {
			steps = append(steps, sipp.AwaitGoOn(),
				sipp.CallerRequest("UPDATE", number, "", "Supported: timer", "Session-Expires: 90;refresher=uac"),
				sipp.AwaitCode(200), callerOffers(media, number+1, "sendrecv"))
			number += 2
		}
		return append(steps, sipp.AwaitGoOn(), sipp.CallerBye(number))
	})
	for refreshed := range 4 {
		bob.mustGet(t, "ACK", 1)
		alice.mustAcknowledge(t, 2+refreshed) // the first is that of the 422
		mustTalk(t, alice, bob)
		goOn(t, alice)
	}
	mustEnd(t, alice, bob)
	if refusal := alice.received("SIP/2.0 422")[0]; header(refusal, "Min-SE") != "90" {
		t.Errorf("the least interval is not told in\n%s", refusal)
	}
	if len(bob.received("INVITE")) != 1 || len(bob.received("UPDATE")) != 0 {
		t.Error("a refresh crossed to the other leg")
	}
}

// answersTwice: the carrier forks. Two of its gateways ring with media of their own, and both answer: the first is
// taken, the other gets its ACK and a BYE.
func (w *world) answersTwice(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		elsewhere := media
		elsewhere.Port = 9
		early := func(fork string, media sipp.Media) sipp.Step {
			return sipp.Reply{Code: 183, Reason: "Session Progress", Fork: fork, SDP: media.SDP(1, "sendrecv")}.Step()
		}
		answer := func(fork string, media sipp.Media, repeated bool) sipp.Step {
			return sipp.Reply{
				Code: 200, Reason: "OK", Fork: fork, SDP: media.SDP(1, "sendrecv"), Repeated: repeated,
			}.Step()
		}
		return []sipp.Step{
			early("a", media), early("b", elsewhere), answer("a", media, true), sipp.Await("ACK"),
			answer("b", elsewhere, true), sipp.Await("ACK"), sipp.AwaitBye(),
			answer("b", elsewhere, true), sipp.Await("ACK"), // repeated: acknowledged again
			sipp.AwaitBye(),
		}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitAnswer(), sipp.AwaitGoOn(), sipp.CallerBye(2)}
	})
	mustTalk(t, alice, bob)
	goOn(t, alice)
	mustEnd(t, alice, bob)
	byes := bob.received("BYE")
	if !strings.Contains(header(byes[0], "To"), "sipp1b") || !strings.Contains(header(byes[1], "To"), "sipp1a") {
		t.Errorf("hung up were %q and %q", header(byes[0], "To"), header(byes[1], "To"))
	}
}
