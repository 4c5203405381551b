package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

// said takes what the party of a leg said.
func said(t *testing.T, leg bridge.Leg) bridge.Told { t.Helper(); return event[bridge.Told](t, leg) }

func TestWhatIsSaidInACallCrosses(t *testing.T) {
	for _, method := range []sip.RequestMethod{sip.MESSAGE, sip.INFO} {
		t.Run(string(method), func(t *testing.T) {
			s := newSetup(t)
			alice, bob := s.alice("192.0.2.9:1"), s.peer("TCP", "192.0.2.60:5060")
			script := alice.script()
			from := s.answered(script)
			answering := newScript(bob)
			answering.callID = "call-2@test"
			to := s.answered(answering)

			alice.sayRaw(text, script.lines(string(method), "2", "Content-Type: text/plain;charset=utf-8",
				"Content-Disposition: render", "X-Mine: 1", "P-Asserted-Identity: <sip:boss@x>")...)
			told := said(t, from)
			if told.Message.Data != (method == sip.INFO) {
				t.Error("it is taken for something else")
			}
			alice.quiet()
			to.Tell(told.Message, told.Done)
			got := bob.request(method)
			if string(got.Body()) != text || message.Value(got, "Content-Type") != "text/plain;charset=utf-8" ||
				message.Value(got, "Content-Disposition") != "render" || message.Value(got, "X-Mine") != "1" ||
				got.GetHeader("P-Asserted-Identity") != nil || got.CallID().Value() != "call-2@test" {
				t.Errorf("it became %s", got)
			}
			bob.respond(got, 202, "", "")
			alice.status(200)

			alice.sayRaw("again", script.lines(string(method), "3", "Content-Type: a/b")...)
			told = said(t, from)
			to.Tell(told.Message, told.Done)
			bob.respond(bob.request(method), 415, "", "", "Warning: 399 10.0.0.1 \"No\"")
			if refused := alice.status(415); strings.Contains(refused.String(), "10.0.0.1") {
				t.Errorf("refused with %s", refused)
			}
			alice.sayRaw("again", script.lines(string(method), "4", "Content-Type: a/b")...)
			told = said(t, from)
			to.Tell(told.Message, told.Done)
			bob.respond(bob.request(method), 401, "", "", `WWW-Authenticate: Digest realm="x", nonce="y"`)
			if refused := alice.status(403); refused.GetHeader("WWW-Authenticate") != nil {
				t.Error("the sender is asked for a password")
			}
		})
	}
}

func TestWhatIsNotSaid(t *testing.T) {
	s := newSetup(t)
	alice, phone := s.alice("192.0.2.9:1"), s.peer("UDP", "192.0.2.60:5060")
	script := alice.script()
	leg := s.answered(script)
	alice.sayRaw("x", script.lines("INFO", "2", "Content-Type: a/b", "Info-Package: trickle-ice")...)
	if refused := alice.status(469); refused.GetHeader("Recv-Info") == nil {
		t.Errorf("refused with %s", refused)
	}
	other := newScript(phone)
	other.callID = "call-2@test"
	to := s.answered(other)
	heard := make(chan bridge.Cause, 1)
	to.Tell(bridge.Message{ContentType: "text/plain", Body: []byte(strings.Repeat("x", 1300))},
		func(cause bridge.Cause) { heard <- cause })
	if cause := within(t, heard, "answer"); cause.Status != 513 {
		t.Errorf("too large for a datagram: %+v", cause)
	}
	to.Tell(bridge.Message{ContentType: "a/b\r\nX-Injected: yes", Body: []byte("x")},
		func(cause bridge.Cause) { heard <- cause })
	if cause := within(t, heard, "answer"); cause.Status != 400 {
		t.Errorf("a line break: %+v", cause)
	}
	phone.quiet()

	alice.sayRaw("hello", script.lines("MESSAGE", "3", "Content-Type: text/plain")...)
	told := said(t, leg)
	leg.Hangup(bridge.Normal())
	alice.request(sip.BYE)
	alice.status(487)
	told.Done(bridge.Cause{Status: 200}) // too late
	alice.respond(alice.last(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
	leg.Tell(bridge.Message{}, func(cause bridge.Cause) { heard <- cause })
	if cause := within(t, heard, "answer"); cause.Status < 400 {
		t.Errorf("after the end: %+v", cause)
	}
	alice.quiet()
}

func TestWhatTheCalleeSaysWithItsAnswerCrosses(t *testing.T) {
	s := newSetup(t)
	alice, server := s.alice("192.0.2.9:1"), s.peer("UDP", upstreamAddress)
	caller := s.invite(alice.script())
	offer := pcmu()
	callee := s.agent.Gateway().Dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:bob@192.0.2.50", Offer: &offer,
	})
	invite := server.request(sip.INVITE)
	server.respond(invite, 180, "b", "", "Alert-Info: <urn:alert:service:call-waiting>", "Server: Inner/1.0")
	ringing := event[bridge.Ringing](t, callee)
	caller.Mention(ringing.Headers)
	caller.Ring(nil)
	rung := alice.status(180)
	if message.Value(rung, "Alert-Info") != "<urn:alert:service:call-waiting>" ||
		message.Value(rung, "Server") == "Inner/1.0" {
		t.Errorf("ringing %s", rung)
	}
	server.respond(invite, 200, "b", "sdp", "User-to-User: 00c0ffee;encoding=hex", "Record-Route: <sip:10.0.0.1;lr>")
	server.request(sip.ACK)
	answered := event[bridge.Answered](t, callee)
	caller.Mention(answered.Headers)
	caller.Answer(pcmu())
	ok := alice.status(200)
	if message.Value(ok, "User-to-User") != "00c0ffee;encoding=hex" || ok.GetHeader("Alert-Info") != nil ||
		ok.GetHeader("Record-Route") != nil {
		t.Errorf("answer %s", ok)
	}
}
