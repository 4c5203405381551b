package sipua

import (
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/transaction"
	"sipbridge/sipua/transport"
)

// timeOutOf lets a request of ours have no answer.
func (s *setup) timeOutOf(request *sip.Request) {
	s.t.Helper()
	var waiting *transaction.Client
	_, clients := s.agent.transactions.Open()
	for _, transaction := range clients {
		if sent, _ := transaction.Sent(); sent.CSeq().Value() == request.CSeq().Value() {
			waiting = transaction
		}
	}
	if waiting == nil {
		s.t.Fatalf("nobody waits for the answer to %s", request.Method)
	}
	waiting.Fail(sip.ErrTransactionTimeout)
}

// movedToServers brings a call up whose Contact is the name of two servers, of which the first one has the ACK.
func movedToServers(t *testing.T, tweaks ...func(*Options, *Agent)) (s *setup, leg bridge.Leg, moved, other *peer) {
	t.Helper()
	known := &names{servers: map[string][]string{"moved.example": {"UDP " + movedPlace, "UDP " + otherPlace}}}
	s = newSetup(t, append(tweaks, known.use)...)
	p := s.peer("UDP", partyPlace)
	moved, other = s.peer("UDP", movedPlace), s.peer("UDP", otherPlace)
	leg = s.dial(p)
	p.answerAs(p.request(sip.INVITE), "bobtag", "sip:peer@moved.example")
	moved.request(sip.ACK)
	event[bridge.Answered](t, leg)
	t.Cleanup(p.quiet)
	return s, leg, moved, other
}

// mustBeAgain expects a request that is the same as another one but for its branch (RFC 3263 section 4.3).
func mustBeAgain(t *testing.T, again, first *sip.Request) {
	t.Helper()
	if again.CSeq().Value() != first.CSeq().Value() || string(again.Body()) != string(first.Body()) ||
		again.Recipient.String() != first.Recipient.String() || again.To().Value() != first.To().Value() {
		t.Errorf("sent again as\n%s\ninstead of\n%s", again, first)
	}
	if again.Via().Value() == first.Via().Value() || len(again.GetHeaders("Via")) != 1 {
		t.Errorf("Via %v, before %v", again.GetHeaders("Via"), first.Via())
	}
}

// TestRequestThatNobodyAnswersGoesToTheNextServer: what follows goes there, too.
func TestRequestThatNobodyAnswersGoesToTheNextServer(t *testing.T) {
	s, leg, moved, other := movedToServers(t)
	leg.SendDTMF(bridge.DTMF{Digit: '1'})
	info := moved.request(sip.INFO)
	s.timeOutOf(info)
	again := other.request(sip.INFO)
	mustBeAgain(t, again, info)
	other.respond(again, 200, "", "")
	if stats := s.agent.Stats(); stats.FailedOver != 1 {
		t.Errorf("counted %d servers left behind", stats.FailedOver)
	}
	s.hungUp(leg, other)
	moved.quiet()
}

// TestSilentServerInADialog is waited for no longer than one that a call begins at.
func TestSilentServerInADialog(t *testing.T) {
	silence := make(chan silenceTimer, 1)
	_, leg, moved, other := movedToServers(t, silenceClock(silence))
	leg.SetDirection(bridge.SendOnly)
	first := moved.request(sip.INVITE)
	within(t, silence, "timer").work()
	again := other.request(sip.INVITE)
	mustBeAgain(t, again, first)
	other.respond(again, 200, "", "sdp recvonly")
	if ack := other.request(sip.ACK); ack.CSeq().SeqNo != again.CSeq().SeqNo {
		t.Errorf("ACK %s", ack)
	}
}

// TestSilentServerGetsNoBye: the next one does, though the leg has ended.
func TestSilentServerGetsNoBye(t *testing.T) {
	silence := make(chan silenceTimer, 1)
	s, leg, moved, other := movedToServers(t, silenceClock(silence))
	leg.Hangup(bridge.Normal())
	event[bridge.Ended](t, leg)
	first := moved.request(sip.BYE)
	within(t, silence, "timer").work()
	again := other.request(sip.BYE)
	mustBeAgain(t, again, first)
	other.respond(again, 200, "", "")
	s.settled()
}

// TestBusyServerInADialog: a 503 is for the next server, any other refusal is the party's own.
func TestBusyServerInADialog(t *testing.T) {
	s, leg, moved, other := movedToServers(t)
	leg.SetDirection(bridge.SendOnly)
	busy := moved.request(sip.INVITE)
	moved.respond(busy, 503, "", "")
	moved.request(sip.ACK)
	again := other.request(sip.INVITE)
	mustBeAgain(t, again, busy)
	other.respond(again, 488, "", "")
	other.request(sip.ACK)
	moved.quiet()
	leg.Hangup(bridge.Normal())
	bye := moved.request(sip.BYE) // it did not say for how long it is busy
	moved.respond(bye, 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

// TestServerThatIsNotThere: the news that a datagram came back is enough where there is another server.
func TestServerThatIsNotThere(t *testing.T) {
	s, leg, moved, other := movedToServers(t)
	leg.SendDTMF(bridge.DTMF{Digit: '1'})
	info := moved.request(sip.INFO)
	s.agent.Undelivered(moved, []byte(info.String()))
	again := other.request(sip.INFO)
	mustBeAgain(t, again, info)
	s.agent.Undelivered(other, []byte(again.String())) // the last one may be starting again
	other.respond(again, 200, "", "")
	s.hungUp(leg, other)
}

// TestRepeatedRequestIsNotOutOfOrder: what went to another server meanwhile had a greater number.
func TestRepeatedRequestIsNotOutOfOrder(t *testing.T) {
	s, leg, moved, other := movedToServers(t)
	leg.SendDTMF(bridge.DTMF{Digit: '1'})
	leg.SendDTMF(bridge.DTMF{Digit: '2'})
	first, second := moved.request(sip.INFO), moved.request(sip.INFO)
	moved.respond(second, 200, "", "")
	s.timeOutOf(first)
	again := other.request(sip.INFO)
	if again.CSeq().SeqNo <= second.CSeq().SeqNo {
		t.Errorf("sent again with number %d, after %d", again.CSeq().SeqNo, second.CSeq().SeqNo)
	}
	other.respond(again, 200, "", "")
	s.hungUp(leg, other)
}

// begun is a connection that we have made to a server.
type begun struct{ *peer }

func (c begun) Target() (transport.Target, bool) {
	return transport.Target{Transport: "TCP", Address: c.remote}, true
}

// TestServerThatTakesNoConnection: once the connection of a call has ended and cannot be made again, the other servers
// of the name get what follows.
func TestServerThatTakesNoConnection(t *testing.T) {
	known := &names{servers: map[string][]string{"moved.example": {"TCP " + partyPlace, "TCP " + otherPlace}}}
	s := newSetup(t, known.use)
	p, other := s.stream(partyPlace), s.stream(otherPlace)
	s.flows.streams[netip.MustParseAddrPort(partyPlace)] = begun{p}
	leg := s.agent.dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:bob@moved.example", Offer: new(pcmu()),
	}, dialTarget{
		requestURI: sip.Uri{Scheme: "sip", User: "bob", Host: "moved.example"}, flow: begun{p}, trusted: true,
	})
	p.answerAs(p.request(sip.INVITE), "bobtag", "sip:peer@moved.example")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	again := s.stream(partyPlace) // it will be made, and end
	p.Close()
	eventually(t, "the servers are not looked up", func() bool { return known.looked() == 1 })
	leg.SendDTMF(bridge.DTMF{Digit: '1'})
	info := again.request(sip.INFO)
	again.Close()
	repeated := other.request(sip.INFO)
	mustBeAgain(t, repeated, info)
	other.respond(repeated, 200, "", "")
	again.fails.Store(true)
	s.hungUp(leg, other)
}
