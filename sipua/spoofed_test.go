package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// Who knows all of a dialog but speaks from another address ends, changes and redirects nothing.
func TestSpoofedRequests(t *testing.T) {
	for _, method := range []string{"BYE", "INVITE", "UPDATE", "INFO", "REFER"} {
		for _, word := range []string{"UDP", "TCP"} {
			t.Run(method+" over "+word, func(t *testing.T) {
				s := newSetup(t)
				p, spoofer := s.peer("UDP", "192.0.2.9:5070"), s.peer(word, "192.0.2.66:5070")
				call := newScript(p)
				leg := s.answered(call)
				spoofed := *call
				spoofed.p = spoofer
				spoofer.say("", spoofed.lines(method, "2", "Contact: <sip:mallory@192.0.2.66>")...)
				spoofer.status(403)
				silent(t, leg)
				if flow, _ := s.agent.dialogs.find(leg.Info().Dialog).place(); flow != p {
					t.Error("the dialog has moved")
				}
				s.hungUp(leg, p)
			})
		}
	}
}

// The ACK may carry the answer, and so say where our sound goes.
func TestSpoofedACK(t *testing.T) {
	s := newSetup(t)
	p, spoofer := s.peer("UDP", "192.0.2.9:5070"), s.peer("UDP", "192.0.2.66:5070")
	call := newScript(p)
	p.say("", call.lines("INVITE", "1")...)
	leg := within(t, s.incoming, "call")
	leg.Answer(pcmu())
	call.to = p.status(200).To().Value()
	spoofed := *call
	spoofed.p = spoofer
	stray := s.agent.Stats().Stray
	spoofer.say("sdp", spoofed.lines("ACK", "1")...)
	if s.agent.Stats().Stray != stray+1 {
		t.Error("not counted")
	}
	silent(t, leg)
	p.say("sdp", call.lines("ACK", "1")...)
	event[bridge.Accepted](t, leg)
	s.hungUp(leg, p)
}

func TestSpoofedCancel(t *testing.T) {
	s := newSetup(t)
	p, spoofer := s.peer("UDP", "192.0.2.9:5070"), s.peer("UDP", "192.0.2.66:5070")
	call := newScript(p)
	leg := s.invite(call)
	spoofed := *call
	spoofed.p = spoofer
	lines := spoofed.lines("CANCEL", "1")
	lines[1] = call.lines("CANCEL", "1")[1] // with the branch and the address of the INVITE
	spoofer.say("", lines...)
	spoofer.status(481)
	silent(t, leg)
	leg.Hangup(bridge.Cause{Status: 486})
	p.status(486)
	p.say("", call.lines("ACK", "1")...)
	s.settled()
}

// A phone behind a NAT comes from another port, a gateway from where its Contact says, a trunk from any of its servers.
func TestHonestMoves(t *testing.T) {
	for name, test := range map[string]struct{ contact, from string }{
		"another port":        {"<sip:bob@192.0.2.20>", "192.0.2.20:9999"},
		"where it says":       {"<sip:bob@192.0.2.21>", "192.0.2.21:5060"},
		"a name":              {"<sip:bob@gateway.example>", "192.0.2.22:5060"},
		"a configured server": {"<sip:bob@192.0.2.20>", upstreamAddress},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("UDP", "192.0.2.20:5060")
			leg := s.dial(p)
			invite := p.request(sip.INVITE)
			p.say("pcmu sendrecv", "SIP/2.0 200 OK", "Via: "+invite.Via().Value(), "From: "+invite.From().Value(),
				"To: "+invite.To().Value()+";tag=b", "Call-ID: "+invite.CallID().Value(), "CSeq: "+invite.CSeq().Value(),
				"Contact: "+test.contact)
			event[bridge.Answered](t, leg)
			moved := s.peer("UDP", test.from)
			call := scriptOf(moved, invite)
			call.from += ";tag=b"
			moved.say("", call.lines("BYE", "1")...)
			moved.status(200)
			event[bridge.Ended](t, leg)
		})
	}
}

// A local user's phone may move anywhere, if it proves whose it is.
func TestLocalUserProvesThatHeMoved(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	s.agent.users.Set(p, "alice@local.example")
	call := newScript(p)
	call.from = "<sip:alice@local.example>;tag=a"
	leg := s.answered(call)
	moved := s.peer("UDP", "192.0.2.77:5070")
	call.p = moved
	moved.say("", call.lines("BYE", "2")...)
	challenge := moved.status(407).GetHeaders("Proxy-Authenticate")[1].Value()
	moved.say("", call.lines("BYE", "3",
		"Proxy-Authorization: "+authorization(challenge, "alice", "BYE", call.requestURI))...)
	moved.status(200)
	event[bridge.Ended](t, leg)
	s.settled()
}
