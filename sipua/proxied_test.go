package sipua

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

// newProxy is a setup in which calls may pass through.
func newProxy(t *testing.T, tweaks ...func(*Options, *Agent)) *setup {
	t.Helper()
	var s *setup
	s = newSetup(t, append(tweaks, func(options *Options, _ *Agent) {
		options.StandAside = true
		options.Route = func(request bridge.Request) ([]bridge.Target, error) {
			if strings.Contains(request.To, "up.example") && request.Origin == bridge.OriginUser {
				return []bridge.Target{{
					Endpoint: s.agent.UpstreamEndpoint(s.agent.options.Domains.Upstreams[0]), URI: request.To,
				}}, nil
			}
			_, address, _ := strings.Cut(request.To, ":")
			name, domain, _ := strings.Cut(address, "@")
			targets, _ := s.agent.Lookup(name, domain)
			return targets, nil
		}
	})...)
	return s
}

// passing are the lines of a browser's INVITE that asks for no bridge.
func passing(s *setup, p *peer, from, to string) *script {
	s.agent.users.Set(p, from)
	return &script{
		p: p, callID: "pass@test", requestURI: to, from: "<sip:" + from + ">;tag=a", to: "<" + to + ">",
	}
}

// webrtcOffer is what tells an offer of WebRTC from others.
const webrtcOffer = "a=fingerprint:sha-256 AA"

const asideContact = "<sip:alice@x.invalid;rtcweb-breaker=no;transport=ws>"

// say sends a request of the script, with the browser's Contact.
func (s *script) pass(method, sequence, body string, extra ...string) {
	s.p.t.Helper()
	lines := s.lines(method, sequence, extra...)
	for i, line := range lines {
		if strings.HasPrefix(line, "Contact:") {
			lines[i] = "Contact: " + asideContact
		}
	}
	s.p.say(body, lines...)
}

// bobRegisters binds a browser of bob.
func bobRegisters(s *setup, at string) *peer {
	bob := s.peer("WS", at)
	register := func(sequence int, extra ...string) []string {
		return append(localRegister("bob", sequence, extra...)[:5], append([]string{
			"Call-ID: " + at, fmt.Sprintf("CSeq: %d REGISTER", sequence), "Contact: <sip:bob@x.invalid;transport=ws>",
		}, extra...)...)
	}
	bob.say("", register(1)...)
	challenge := bob.status(401).GetHeader("WWW-Authenticate").Value()
	bob.say("", register(2, "Authorization: "+authorization(challenge, "bob", "REGISTER", "sip:local.example"))...)
	bob.status(200)
	return bob
}

// TestPassingIsNotDowngraded: who asks for sips is not passed on to a browser without TLS (RFC 5630 section 3.1).
func TestPassingIsNotDowngraded(t *testing.T) {
	s := newProxy(t)
	bob := bobRegisters(s, "192.0.2.20:5070")
	alice := s.peer("WSS", "192.0.2.9:5070")
	passing(s, alice, "alice@local.example", "sips:bob@local.example").pass("INVITE", "1", webrtcOffer)
	alice.status(480)
	bob.quiet()
}

// TestCallPassesThrough: two browsers see each other's SDP, tags and Contacts, and we only the way.
func TestCallPassesThrough(t *testing.T) {
	s := newProxy(t)
	bob := bobRegisters(s, "192.0.2.20:5070")
	call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@local.example", "sip:bob@local.example")
	call.pass("INVITE", "1", webrtcOffer, "Proxy-Authorization: Digest username=\"alice\"")
	invite := bob.request(sip.INVITE)
	route := invite.GetHeader("Record-Route")
	if string(invite.Body()) != webrtcOffer || invite.Recipient.Host != "x.invalid" ||
		invite.CallID().Value() != "pass@test" ||
		message.Contact(invite).Value() != asideContact || invite.MaxForwards().Val() != 69 || route == nil ||
		invite.GetHeader("Proxy-Authorization") != nil || len(invite.GetHeaders("Via")) != 1 {
		t.Fatalf("sent %s", invite)
	}
	bob.respond(invite, 180, "b", "", "Record-Route: "+route.Value())
	call.p.status(180)
	bob.respond(invite, 200, "b", "the answer", "Record-Route: "+route.Value())
	ok := call.p.status(200)
	if string(ok.Body()) != "the answer" || message.Tag(ok) != "b" || message.Contact(ok).Address.Host != "192.0.2.20" ||
		len(ok.GetHeaders("Via")) != 1 {
		t.Fatalf("got %s", ok)
	}
	call.to, call.requestURI = ok.To().Value(), "sip:peer@192.0.2.20:5070"
	call.branch++
	call.pass("ACK", "1", "", "Route: "+route.Value())
	if ack := bob.request(sip.ACK); ack.GetHeader("Route") != nil || ack.Recipient.Host != "192.0.2.20" {
		t.Errorf("sent %s", ack)
	}

	mallory := s.peer("WS", "192.0.2.66:1")
	stolen := *call
	stolen.p = mallory
	mallory.say("", stolen.lines("BYE", "2", "Route: "+route.Value())...)
	mallory.status(403)
	mallory.say("", stolen.lines("ACK", "2", "Route: "+route.Value())...)
	mallory.quiet() // nothing answers an ACK
	worn := call.lines("ACK", "2", "Route: "+route.Value())
	worn[2] = "Max-Forwards: 0"
	call.p.say("", worn...)
	call.p.quiet()
	bob.quiet()

	call.pass("INFO", "3", "", "Route: <sip:192.0.2.1;lr;sipml5-outbound>", "Route: "+route.Value())
	bob.respond(bob.request(sip.INFO), 200, "", "")
	call.p.status(200)
	hangup := &script{
		p: bob, callID: call.callID, from: call.to, to: call.from, requestURI: "sip:alice@x.invalid;transport=ws",
	}
	bob.say("", hangup.lines("BYE", "1", "Route: "+route.Value())...)
	bye := call.p.request(sip.BYE)
	call.p.respond(bye, 200, "", "")
	bob.status(200)
	if s.agent.proxies.Size() != 0 || len(s.media) != 0 || len(s.incoming) != 0 {
		t.Error("something is left, or media were made")
	}
	bob.say("", hangup.lines("BYE", "2", "Route: "+route.Value())...)
	bob.status(481)
	s.settled()
}

// A failure, a redirection and a challenge pass as they are.
func TestFailurePassesThrough(t *testing.T) {
	for status, header := range map[int]string{
		302: "Contact: <sip:carol@local.example>", 407: `Proxy-Authenticate: Digest realm="up.example", nonce="n"`,
		486: "Retry-After: 5", 603: "Reason: SIP;cause=603",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := newProxy(t)
			server := s.peer("UDP", upstreamAddress)
			call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@up.example", "sip:bob@up.example")
			call.pass("INVITE", "1", webrtcOffer, `Proxy-Authorization: Digest username="alice"`)
			invite := server.request(sip.INVITE)
			if invite.GetHeader("Proxy-Authorization") == nil || invite.Recipient.Host != "up.example" ||
				!strings.Contains(invite.GetHeader("Record-Route").Value(), "@192.0.2.1:5060;lr>") {
				t.Errorf("sent %s", invite)
			}
			lines := []string{header}
			server.say("", append([]string{
				fmt.Sprintf("SIP/2.0 %d Because", status), "Via: " + invite.Via().Value(), "From: " + invite.From().Value(),
				"To: " + invite.To().Value() + ";tag=b", "Call-ID: " + invite.CallID().Value(), "CSeq: 1 INVITE",
			}, lines...)...)
			server.request(sip.ACK)
			name, value, _ := strings.Cut(header, ": ")
			if got := call.p.status(status).GetHeader(name); got == nil || got.Value() != value {
				t.Errorf("%s is %v", name, got)
			}
			call.pass("ACK", "1", "")
			if s.agent.proxies.Size() != 0 {
				t.Error("the dialog is kept")
			}
			s.settled()
		})
	}
}

func TestCancelPassesThrough(t *testing.T) {
	s := newProxy(t)
	bob := bobRegisters(s, "192.0.2.20:5070")
	call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@local.example", "sip:bob@local.example")
	call.pass("INVITE", "1", webrtcOffer)
	invite := bob.request(sip.INVITE)
	call.pass("CANCEL", "1", "")
	call.p.status(200)
	bob.quiet() // a CANCEL waits for a provisional response
	bob.respond(invite, 180, "b", "")
	bob.respond(bob.request(sip.CANCEL), 200, "b", "")
	bob.respond(invite, 487, "b", "")
	bob.request(sip.ACK)
	call.p.status(180)
	call.p.status(487)
	call.pass("ACK", "1", "")
	s.settled()
}

// What does not ask to be alone, or cannot be, is bridged.
func TestCallsThatAreBridged(t *testing.T) {
	for name, change := range map[string]func(s *setup, call *script) (contact string){
		"no WebRTC":    func(*setup, *script) string { return asideContact },
		"nothing said": func(*setup, *script) string { return "<sip:alice@x.invalid>" },
		"the breaker":  func(*setup, *script) string { return "<sip:alice@x.invalid;rtcweb-breaker=yes>" },
		"the breaker, for this call": func(_ *setup, call *script) string {
			call.requestURI += ";rtcweb-breaker=yes"
			return asideContact
		},
		"somebody unknown": func(_ *setup, call *script) string {
			call.from = "<sip:x@y.example>;tag=a"
			return asideContact
		},
		"somebody hidden": func(*setup, *script) string { return asideContact + "\r\nPrivacy: id" },
		"several devices": func(s *setup, _ *script) string {
			bobRegisters(s, "192.0.2.21:5070")
			return asideContact
		},
		"nobody": func(_ *setup, call *script) string { call.requestURI = "sip:carol@local.example"; return asideContact },
	} {
		t.Run(name, func(t *testing.T) {
			s := newProxy(t)
			bobRegisters(s, "192.0.2.20:5070")
			call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@local.example", "sip:bob@local.example")
			contact, body := change(s, call), webrtcOffer
			if name == "no WebRTC" {
				body = "sdp"
			}
			lines := call.lines("INVITE", "1")
			call.p.say(body, append(lines[:len(lines)-1], "Contact: "+contact)...)
			leg := within(t, s.incoming, "bridged call")
			leg.Hangup(bridge.Cause{Status: 486})
			call.p.status(486)
			call.p.say("", call.lines("ACK", "1")...)
			if s.agent.Stats().Proxied != 0 {
				t.Error("counted as passed through")
			}
			s.settled()
		})
	}
}

// TestCallPassesThroughByItsAddress: the Request-URI alone asks for it.
func TestCallPassesThroughByItsAddress(t *testing.T) {
	s := newProxy(t)
	bob := bobRegisters(s, "192.0.2.20:5070")
	const called = "sip:bob@local.example;rtcweb-breaker=no"
	call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@local.example", called)
	lines := call.lines("INVITE", "1")
	call.p.say(webrtcOffer, append(lines[:len(lines)-1], "Contact: <sip:alice@x.invalid;transport=ws>")...)
	invite := bob.request(sip.INVITE)
	if string(invite.Body()) != webrtcOffer || invite.Recipient.Host != "x.invalid" {
		t.Errorf("sent %s", invite)
	}
	bob.respond(invite, 486, "b", "")
	bob.request(sip.ACK)
	call.p.status(486)
	call.p.say("", call.lines("ACK", "1")...)
	s.settled()
}

// A browser that registered without the breaker is called without it by its own server.
func TestCallFromAServerPassesThrough(t *testing.T) {
	s := newProxy(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+asideContact+";expires=600")...)
	request := server.request(sip.REGISTER)
	ours := message.Contact(request)
	server.respond(request, 200, "srv", "", "Contact: "+bare(ours)+";expires=300")
	p.status(200)
	call := newScript(server)
	call.requestURI = ours.Address.String()
	server.say(webrtcOffer, call.lines("INVITE", "1")...)
	invite := p.request(sip.INVITE)
	if string(invite.Body()) != webrtcOffer ||
		invite.Recipient.String() != "sip:alice@x.invalid;rtcweb-breaker=no;transport=ws" {
		t.Errorf("sent %s", invite)
	}
	p.respond(invite, 486, "b", "")
	p.request(sip.ACK)
	server.status(486)
	server.say("", call.lines("ACK", "1")...)
	s.settled()
}
