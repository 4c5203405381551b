package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

const largeAddress = "192.0.2.20:5060"

// dialLarge calls a phone there, with an INVITE that is too large for a datagram.
func (s *setup) dialLarge() bridge.Leg {
	offer := pcmu()
	return s.agent.Gateway().Dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:phone@" + largeAddress, Offer: &offer,
		Headers: []bridge.Header{{Name: "X-Long", Value: strings.Repeat("x", 1300)}},
	})
}

// TestLargeRequestGoesOverTCP: above 1300 bytes a request goes over TCP and says so in its Via, with CANCEL behind it
// (RFC 3261 section 18.1.1).
func TestLargeRequestGoesOverTCP(t *testing.T) {
	s := newSetup(t)
	datagrams, stream := s.peer("UDP", largeAddress), s.stream(largeAddress)
	leg := s.dialLarge()
	invite := stream.request(sip.INVITE)
	via := invite.Via()
	if via.Transport != "TCP" || len(invite.GetHeaders("Via")) != 1 {
		t.Errorf("Via %v", invite.GetHeaders("Via"))
	}
	if contact := message.Contact(invite); contact.Address.UriParams.Has("transport") {
		t.Errorf("Contact %v, want UDP as before", contact)
	}
	stream.respond(invite, 180, "p", "")
	event[bridge.Ringing](t, leg)
	leg.Hangup(bridge.Normal())
	cancel := stream.request(sip.CANCEL)
	was, _ := via.Params.Get("branch")
	if cancel.Via().Transport != "TCP" || !strings.Contains(cancel.Via().Value(), was) {
		t.Errorf("Via of CANCEL %v, of INVITE %v", cancel.Via(), via)
	}
	stream.respond(cancel, 200, "p", "")
	stream.respond(invite, 487, "p", "")
	stream.request(sip.ACK)
	datagrams.quiet()
	s.settled()
}

// TestLargeRequestFallsBackToUDP: a peer that takes no connection gets the datagram, fragmented as it is; and the next
// one at once.
func TestLargeRequestFallsBackToUDP(t *testing.T) {
	s := newSetup(t)
	datagrams, stream := s.peer("UDP", largeAddress), s.stream(largeAddress)
	leg := s.dialLarge()
	over := stream.request(sip.INVITE)
	stream.Close()
	invite := datagrams.request(sip.INVITE)
	if invite.Via().Transport != "UDP" || invite.Via().Value() == over.Via().Value() || !invite.Via().Params.Has("rport") {
		t.Errorf("Via %v", invite.Via())
	}
	datagrams.respond(invite, 486, "p", "")
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 486 {
		t.Errorf("ended with %v", ended.Cause)
	}
	datagrams.request(sip.ACK)
	s.stream(largeAddress)
	again := s.dialLarge()
	datagrams.respond(datagrams.request(sip.INVITE), 486, "p", "")
	event[bridge.Ended](t, again)
	datagrams.request(sip.ACK)
	s.settled()
}

// TestLargeRequestRefusedAtOnce: a connection that is refused before the request is written costs nothing.
func TestLargeRequestRefusedAtOnce(t *testing.T) {
	s := newSetup(t)
	datagrams, stream := s.peer("UDP", largeAddress), s.stream(largeAddress)
	stream.fails.Store(true)
	stream.Close()
	leg := s.dialLarge()
	datagrams.respond(datagrams.request(sip.INVITE), 486, "p", "")
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 486 {
		t.Errorf("ended with %v", ended.Cause)
	}
	datagrams.request(sip.ACK)
	s.settled()
}

// TestLargeRequestGivenUp: who hung up while the connection was tried is not rung over UDP.
func TestLargeRequestGivenUp(t *testing.T) {
	s := newSetup(t, fastClock)
	datagrams, stream := s.peer("UDP", largeAddress), s.stream(largeAddress)
	leg := s.dialLarge()
	stream.request(sip.INVITE)
	leg.Hangup(bridge.Normal())
	event[bridge.Ended](t, leg)
	stream.Close()
	s.settled()
	datagrams.quiet()
}

// TestLargeMessage: a MESSAGE may go over TCP, but never in fragments (RFC 3428 section 8).
func TestLargeMessage(t *testing.T) {
	s := newSetup(t)
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	phone := s.registered("bob", "UDP", "192.0.2.9:5070")
	stream := s.stream("192.0.2.9:5070")
	long := strings.Repeat("x", 1300)
	alice.sayRaw(long, localOf(alice, "alice", "MESSAGE", "sip:bob@local.example", 1)...)
	stream.respond(stream.request(sip.MESSAGE), 200, "b", "")
	alice.status(200)
	alice.sayRaw(long, localOf(alice, "alice", "MESSAGE", "sip:bob@local.example", 2)...)
	stream.request(sip.MESSAGE)
	stream.Close()
	alice.status(513)
	phone.quiet()
	s.settled()
}

// answeredByManyHops brings a call up whose requests are too large for a datagram, for the routes that they have.
func (s *setup) answeredByManyHops(datagrams *peer) (leg bridge.Leg, invite *sip.Request, ok func()) {
	s.t.Helper()
	leg = s.dial(datagrams)
	invite = datagrams.request(sip.INVITE)
	var routes []string
	for range 10 {
		routes = append(routes, "Record-Route: <sip:"+strings.Repeat("x", 120)+"@"+largeAddress+";lr>")
	}
	ok = func() { datagrams.answerAs(invite, "p", "sip:peer@"+largeAddress, routes...) }
	ok()
	return leg, invite, ok
}

// TestLargeACKGoesOverTCP, as any other request does, though no response tells whether it came.
func TestLargeACKGoesOverTCP(t *testing.T) {
	s := newSetup(t)
	datagrams, stream := s.peer("UDP", largeAddress), s.stream(largeAddress)
	leg, invite, repeat := s.answeredByManyHops(datagrams)
	repeat()
	for range 2 {
		ack := stream.request(sip.ACK)
		if ack.Via().Transport != "TCP" || len(ack.GetHeaders("Via")) != 1 || ack.CSeq().SeqNo != invite.CSeq().SeqNo {
			t.Errorf("ACK %s", ack)
		}
	}
	event[bridge.Answered](t, leg)
	s.hungUp(leg, stream)
	datagrams.quiet()
}

// TestLargeACKFallsBackToUDP: who takes no connection gets the datagram, and the next ACK at once.
func TestLargeACKFallsBackToUDP(t *testing.T) {
	s := newSetup(t)
	datagrams, stream := s.peer("UDP", largeAddress), s.stream(largeAddress)
	leg, _, repeat := s.answeredByManyHops(datagrams)
	stream.request(sip.ACK)
	stream.Close()
	if ack := datagrams.request(sip.ACK); ack.Via().Transport != "UDP" || !ack.Via().Params.Has("rport") {
		t.Errorf("Via %v", ack.Via())
	}
	event[bridge.Answered](t, leg)
	repeat()
	datagrams.request(sip.ACK)
	s.hungUp(leg, datagrams)
}

// TestLargeRequestThatIsChallenged: the ACK has the number of the INVITE with credentials, over TCP too.
func TestLargeRequestThatIsChallenged(t *testing.T) {
	s := newSetup(t, withTrunk(t, nil))
	datagrams, stream := s.peer("UDP", carrierAddress), s.stream(carrierAddress)
	offer := pcmu()
	leg := s.agent.TrunkEndpoints()["carrier"].Dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:+49301@local.example",
		Origin: bridge.OriginUser, User: "alice@local.example", Offer: &offer,
		Headers: []bridge.Header{{Name: "X-Long", Value: strings.Repeat("x", 1300)}},
	})
	stream.respond(stream.request(sip.INVITE), 401, "far", "", askForCredentials)
	stream.request(sip.ACK)
	proved := stream.request(sip.INVITE)
	stream.respond(proved, 200, "far", "sdp")
	if ack := datagrams.request(sip.ACK); ack.CSeq().SeqNo != proved.CSeq().SeqNo {
		t.Errorf("the ACK has number %d, the INVITE %d", ack.CSeq().SeqNo, proved.CSeq().SeqNo)
	}
	event[bridge.Answered](t, leg)
	s.hungUp(leg, datagrams)
}
