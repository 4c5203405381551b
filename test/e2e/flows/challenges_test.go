package flows

import (
	"fmt"
	"strings"
	"testing"

	"sipbridge/test/e2e/sipp"
)

// challengesAll: the carrier wants to know for each request anew who asks, in a call that is held and hung up by us
// too.
func (w *world) challengesAll(t *testing.T) {
	t.Helper()
	number := 0
	challenge := func() sipp.Reply {
		number++
		return sipp.Reply{Code: 407, Reason: "Proxy Authentication Required", Headers: []string{
			fmt.Sprintf(`Proxy-Authenticate: Digest realm="carrier", nonce="n%d", algorithm=MD5, qop="auth"`, number),
		}}
	}
	again := func(method string) sipp.Step {
		reply := challenge()
		reply.Last = true
		if method == "INVITE" {
			return sipp.Await(method) + reply.Step() + sipp.Await("ACK") + sipp.Await(method)
		}
		return sipp.Await(method) + reply.Step() + sipp.Await(method)
	}
	bob := w.play(t, bobHz, sipp.Options{Port: w.carrier}, func(media sipp.Media) []sipp.Step {
		ok := func(version int, direction string) sipp.Step {
			return sipp.Reply{
				Code: 200, Reason: "OK", Last: true, SDP: media.SDP(version, direction), Repeated: true,
			}.Step() + sipp.Await("ACK")
		}
		return []sipp.Step{
			challenge().Step(), sipp.Await("ACK"), sipp.AwaitAgain(), sipp.Ring(), sipp.Answer(media),
			again("INVITE"), ok(2, "recvonly"), again("INVITE"), ok(3, "sendrecv"),
			again("BYE"), sipp.Reply{Code: 200, Reason: "OK", Last: true}.Step(),
		}
	})
	alice := w.aliceCalls(t, "sip:0123@"+w.SIP, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{
			sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitGoOn(),
			callerOffers(media, 2, "sendonly"), sipp.AwaitGoOn(), callerOffers(media, 3, "sendrecv"), sipp.AwaitGoOn(),
			sipp.CallerBye(4),
		}
	})
	mustTalk(t, alice, bob)
	goOn(t, alice)
	must(t, alice.WaitQuiet(limit))
	bob.mustGet(t, "ACK", 4)
	goOn(t, alice)
	bob.mustGet(t, "ACK", 6)
	mustTalk(t, alice, bob)
	goOn(t, alice)
	mustEnd(t, alice, bob)
	mustProve(t, bob.received("INVITE"), "INVITE")
	mustProve(t, bob.received("BYE"), "BYE")
}

// mustProve: every second request answers the challenge to the one before it.
func mustProve(t *testing.T, requests []string, method string) {
	t.Helper()
	if len(requests)%2 != 0 {
		t.Errorf("%d times %s", len(requests), method)
	}
	for i, request := range requests {
		proof := header(request, "Proxy-Authorization")
		if i%2 == 0 {
			continue
		}
		uri, _, _ := strings.Cut(strings.TrimPrefix(request, method+" "), " ")
		if want := digestResponse(proof, "us", "Trunk-Secret-1!", method, uri); !strings.Contains(proof, `"`+want+`"`) {
			t.Errorf("%s is proved by %s, want %s", method, proof, want)
		}
	}
}
