package flows

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sipbridge/test/e2e/ear"
	"sipbridge/test/e2e/sipp"
)

// TestSessions are the flows of RFC 3665 section 3. The bridge stands where the RFC has proxies, and differs from them
// in that each side has a dialog and SDP of its own: what is shown is that each side sees the messages of the RFC.
func TestSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flows := map[string]func(*testing.T){
		"3.1 Successful Session Establishment":                       w.established,
		"3.2 Session Establishment Through Two Proxies":              w.throughProxies,
		"3.3 Session with Multiple Proxy Authentication":             w.authenticatedTwice,
		"3.4 Successful Session with Proxy Failure":                  w.proxyFailure,
		"3.5 Session Through a SIP ALG":                              w.throughGateway,
		"3.6 Session via Redirect and Proxy Servers with SDP in ACK": w.answerInACK,
		"3.7 Session with re-INVITE (IP Address Change)":             w.movedMedia,
		"3.8 Unsuccessful No Answer":                                 w.noAnswer,
		"3.9 Unsuccessful Busy":                                      w.refused(486, "Busy Here"),
		"3.10 Unsuccessful No Response from User Agent":              w.noResponse,
		"3.11 Unsuccessful Temporarily Unavailable":                  w.refused(480, "Temporarily Unavailable"),
	}
	t.Run("flows", func(t *testing.T) {
		for name, flow := range flows {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				flow(t)
			})
		}
	})
}

// A party without telephone-event gets keys by INFO: by one the other party's ear has its script go on.
func (p *phone) letGoOn() { p.Press('1', 100*time.Millisecond) }

// established: INVITE, 180, 200, ACK, sound both ways, BYE by Bob.
func (w *world) established(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		media.NoEvents = true
		return []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitInfo(), sipp.Bye(1)}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitBye()}
	})
	mustTalk(t, alice, bob)
	alice.letGoOn()
	mustEnd(t, alice, bob)
}

// throughProxies: proxies on either side record themselves, and every later request takes that way. The bridge keeps
// the two ways apart, where the proxies of the RFC are one.
func (w *world) throughProxies(t *testing.T) {
	t.Helper()
	const near, far = "<sip:[local_ip]:[local_port];lr>", "<sip:far.example;lr>"
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		route := "Record-Route: " + far + ", " + near
		return []sipp.Step{
			sipp.Reply{Code: 180, Reason: "Ringing", Headers: []string{route}}.Step(),
			sipp.Reply{Code: 200, Reason: "OK", Headers: []string{route}, SDP: media.SDP(1, "sendrecv"), Repeated: true}.Step(),
			sipp.Await("ACK"), sipp.AwaitBye(),
		}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		media.NoEvents = true
		return []sipp.Step{
			sipp.CallWith(uri, media.SDP(1, "sendrecv"), "Record-Route: "+near, "Record-Route: "+far),
			sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitInfo(), sipp.CallerBye(2),
		}
	})
	mustTalk(t, alice, bob)
	bob.letGoOn()
	mustEnd(t, alice, bob)
	for _, method := range []string{"ACK", "BYE"} {
		mustRoute(t, bob, method, "<sip:"+bob.Address+";lr>", far)
	}
	mustRoute(t, alice, "INFO", "<sip:"+alice.Address+";lr>", far)
	ok := alice.received("SIP/2.0 200")[0]
	if header(ok, "Record-Route") != "<sip:"+alice.Address+";lr>" {
		t.Errorf("the route is not recorded in\n%s", ok)
	}
}

// mustRoute: a request that came has these routes.
func mustRoute(t *testing.T, p *phone, method string, want ...string) {
	t.Helper()
	for _, request := range p.received(method + " ") {
		var routes []string
		for line := range strings.Lines(request) {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), "Route: "); ok {
				routes = append(routes, strings.Split(value, ", ")...)
			}
		}
		if !slices.Equal(routes, want) || !strings.Contains(request, " sip:phone@"+p.Address) {
			t.Errorf("the routes are not %q in\n%s", want, request)
		}
	}
}

// proxyFailure: the first server of the trunk says nothing, the second one takes the call. It is the bridge that tries
// both, where the RFC has Alice do so.
func (w *world) proxyFailure(t *testing.T) {
	t.Helper()
	silent := w.newRaw(t, "silent", w.first)
	bob := w.play(t, bobHz, sipp.Options{Port: w.second}, func(media sipp.Media) []sipp.Step {
		media.NoEvents = true
		return []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitInfo(), sipp.Bye(1)}
	})
	alice := w.aliceCalls(t, "sip:123@"+w.SIP, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitBye()}
	})
	silent.await("INVITE ")
	mustTalk(t, alice, bob)
	alice.letGoOn()
	mustEnd(t, alice, bob)
}

// throughGateway: the media take the way of the ALG, whose address is in either SDP.
func (w *world) throughGateway(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		media.NoEvents = true
		return []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitInfo(), sipp.Bye(1)}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		media.Address = "0.0.0.0" // means nothing to Bob, who gets the gateway's
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitBye()}
	})
	alice.mustPlay(t)
	must(t, bob.WaitTone(aliceHz, limit))
	invite, answer := bob.received("INVITE")[0], alice.received("SIP/2.0 200")[0]
	for _, message := range []string{invite, answer} {
		port := sipp.AudioPort(message)
		if port == 0 || port == alice.Port || port == bob.Port || !strings.Contains(message, "c=IN IP4 127.0.0.1") {
			t.Errorf("the media do not pass the gateway:\n%s", message)
		}
	}
	alice.letGoOn()
	mustEnd(t, alice, bob)
}

// answerInACK: Alice makes no offer; hers is the answer, in the ACK. A redirect server says where Bob is, and it is the
// bridge that follows, where the RFC has Alice do so. Bob is offered at once, where the proxy of the RFC would have had
// him offer.
func (w *world) answerInACK(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitBye()}
	})
	redirects := w.play(t, bobHz, sipp.Options{}, func(sipp.Media) []sipp.Step {
		moved := sipp.Reply{Code: 302, Reason: "Moved Temporarily", Contact: w.uri(bob.Address), Repeated: true}
		return []sipp.Step{moved.Step(), sipp.Await("ACK")}
	})
	alice := w.alice(t, redirects, func(uri string, media sipp.Media) []sipp.Step {
		media.NoEvents = true
		return []sipp.Step{
			sipp.CallWith(uri, ""), sipp.AwaitRinging(), sipp.AwaitFinal(media.SDP(1, "sendrecv")),
			sipp.AwaitInfo(), sipp.CallerBye(2),
		}
	})
	mustTalk(t, alice, bob)
	bob.letGoOn()
	mustEnd(t, alice, redirects, bob)
	if len(alice.received("SIP/2.0 302")) != 0 {
		t.Error("the redirection reached Alice")
	}
}

// movedMedia: Alice goes on at another address. Bob hears of it as little as of any re-INVITE that he need not.
func (w *world) movedMedia(t *testing.T) {
	t.Helper()
	elsewhere, err := ear.Open(ear.PCMU, aliceHz)
	must(t, err)
	t.Cleanup(elsewhere.Close)
	bob := w.bob(t, func(media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Ring(), sipp.Answer(media), sipp.AwaitBye()}
	})
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		media.NoEvents = true
		moved := media
		moved.Port = elsewhere.Port
		return []sipp.Step{
			sipp.Call(uri, media), sipp.AwaitRinging(), sipp.AwaitAnswer(), sipp.AwaitInfo(),
			sipp.CallerRequest("INVITE", 2, moved.SDP(2, "sendrecv")), sipp.AwaitCode(200),
			sipp.CallerRequest("ACK", 2, ""), sipp.AwaitInfo(), sipp.CallerBye(3),
		}
	})
	mustTalk(t, alice, bob)
	alice.Mute(true)
	must(t, bob.WaitQuiet(limit))
	bob.letGoOn()
	must(t, elsewhere.WaitTone(bobHz, limit)) // and plays back to where it hears from
	must(t, bob.WaitTone(aliceHz, limit))
	bob.letGoOn()
	mustEnd(t, alice, bob)
	if len(bob.received("INVITE")) != 1 {
		t.Error("Bob got a re-INVITE")
	}
}

// noAnswer: Alice gives up while it rings.
func (w *world) noAnswer(t *testing.T) {
	t.Helper()
	bob := w.bob(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Ring(), sipp.AwaitCancel()} })
	alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitRinging(), sipp.Pause(time.Second), sipp.Cancel(uri)}
	})
	mustEnd(t, alice, bob)
}

// refused: Bob's final failure reaches Alice as it is.
func (w *world) refused(code int, reason string) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		bob := w.bob(t, func(sipp.Media) []sipp.Step { return []sipp.Step{sipp.Ring(), sipp.Reject(code, reason)} })
		alice := w.alice(t, bob, func(uri string, media sipp.Media) []sipp.Step {
			return []sipp.Step{sipp.Call(uri, media), sipp.AwaitFailure(uri, code)}
		})
		mustEnd(t, alice, bob)
	}
}

// noResponse: the INVITE is repeated until timer B fires, and Alice hears 408.
func (w *world) noResponse(t *testing.T) {
	t.Helper()
	bob := w.newRaw(t, "silent", 0)
	alice := w.aliceCalls(t, w.uri(bob.address()), func(uri string, media sipp.Media) []sipp.Step {
		return []sipp.Step{sipp.Call(uri, media), sipp.AwaitFailure(uri, 408)}
	})
	first := bob.await("INVITE ")
	for range 5 { // after 0.5, 1, 2, 4 and 8 s; a loaded machine has no time for the last, 16 s later
		if again := bob.await("INVITE "); again != first {
			t.Errorf("repeated as\n%s\nnot as\n%s", again, first)
		}
	}
	mustEnd(t, alice)
}

// authenticatedTwice: two proxies on the way each want to know who calls. Alice's credentials for both go through, and
// both challenges come back to her. Each of her INVITEs makes a new dialog behind the bridge.
func (w *world) authenticatedTwice(t *testing.T) {
	t.Helper()
	place := <-w.trunks
	proxy, alice := w.newRaw(t, "proxy", place.port), w.newRawTCP(t, "alice")
	uri, from := "sip:bob@"+place.domain, "<sip:alice@"+place.domain+">;tag=alice"
	contact := "Contact: <sip:alice@" + alice.address() + ">"
	sdp := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n"
	alice.send("", alice.request("REGISTER", "sip:"+place.domain, from, "<sip:alice@"+place.domain+">", 1, contact)...)
	register := proxy.await("REGISTER ")
	proxy.respond(register, "200 OK", "", "Contact: "+header(register, "Contact"), "Expires: 600")
	alice.await("SIP/2.0 200")
	var credentials []string
	for number, realm := range []string{"a.example", "b.example"} {
		alice.send(sdp, alice.request("INVITE", uri, from, "<"+uri+">", number+2, append(credentials, contact)...)...)
		invite := proxy.await("INVITE ")
		proxy.respond(invite, "407 Proxy Authentication Required", "",
			fmt.Sprintf(`Proxy-Authenticate: Digest realm=%q, nonce="n%d", algorithm=MD5`, realm, number))
		proxy.await("ACK ")
		challenge := alice.await("SIP/2.0 407")
		if got := header(challenge, "Proxy-Authenticate"); !strings.Contains(got, realm) {
			t.Errorf("the challenge is %s", got)
		}
		alice.branch--
		alice.send("", alice.request("ACK", uri, from, header(challenge, "To"), number+2)...)
		credentials = append(credentials, fmt.Sprintf(`Proxy-Authorization: Digest username="alice", realm=%q, nonce="n%d", `+
			`uri=%q, response="0123456789abcdef0123456789abcdef", algorithm=MD5`, realm, number, uri))
	}
	alice.send(sdp, alice.request("INVITE", uri, from, "<"+uri+">", 4, append(credentials, contact)...)...)
	invite := proxy.await("INVITE ")
	for _, line := range credentials {
		if !strings.Contains(invite, "\n"+line+"\n") {
			t.Errorf("missing: %s\nin\n%s", line, invite)
		}
	}
	proxy.respond(invite, "200 OK", sdp, "Contact: <sip:bob@"+proxy.address()+">")
	proxy.await("ACK ")
	ok := alice.await("SIP/2.0 200")
	alice.send("", alice.request("ACK", uri, from, header(ok, "To"), 4)...)
	alice.send("", alice.request("BYE", uri, from, header(ok, "To"), 5)...)
	proxy.respond(proxy.await("BYE "), "200 OK", "")
	alice.await("SIP/2.0 200")
}
