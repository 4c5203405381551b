package sipua

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/locate"
	"sipbridge/sipua/transport"
)

const (
	partyPlace = "192.0.2.20:5060"
	movedPlace = "192.0.2.30:5070"
	otherPlace = "192.0.2.40:5080"
)

// names is a locator that knows some names, each by "UDP address" for every server of it. Addresses it finds as usual.
type names struct {
	servers map[string][]string
	// gate holds up every look-up of a name, until it is closed or the asker gives up.
	gate chan struct{}

	mu    sync.Mutex
	asked []string // guarded by mu
}

func (n *names) Locate(ctx context.Context, uri sip.Uri, affinity string) ([]transport.Target, error) {
	if _, err := netip.ParseAddr(uri.Host); err == nil {
		return locate.New(locate.Options{}).Locate(ctx, uri, affinity)
	}
	n.mu.Lock()
	n.asked = append(n.asked, uri.Scheme+":"+uri.Host)
	n.mu.Unlock()
	if n.gate != nil {
		select {
		case <-n.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var targets []transport.Target
	for _, server := range n.servers[uri.Host] {
		word, address, _ := strings.Cut(server, " ")
		targets = append(targets, transport.Target{
			Transport: word, Address: netip.MustParseAddrPort(address), Domain: uri.Host,
		})
	}
	if len(targets) == 0 {
		return nil, locate.ErrNotFound
	}
	return targets, nil
}

// looked gives how many names were looked up.
func (n *names) looked() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.asked)
}

func (n *names) use(options *Options, _ *Agent) { options.Locator = n }

// movedName stands for movedPlace.
func movedName() *names {
	return &names{servers: map[string][]string{"moved.example": {"UDP " + movedPlace}}}
}

// endless lets no look-up end by its time.
func endless(_ *Options, agent *Agent) {
	agent.after = func(delay time.Duration, work func()) *time.Timer {
		if delay == hopPatience {
			delay = time.Hour
		}
		return time.AfterFunc(delay, work)
	}
}

// answerAs answers an INVITE with a Contact, and what else is given.
func (p *peer) answerAs(invite *sip.Request, tag, contact string, extra ...string) {
	p.t.Helper()
	lines := []string{
		"SIP/2.0 200 OK", "Via: " + invite.Via().Value(), "From: " + invite.From().Value(),
		"To: " + invite.To().Value() + ";tag=" + tag, "Call-ID: " + invite.CallID().Value(),
		"CSeq: " + invite.CSeq().Value(), "Contact: <" + contact + ">",
	}
	p.say("sdp", append(lines, extra...)...)
}

// refreshed has the party name another Contact by UPDATE.
func (s *script) refreshed(sequence, contact string) {
	lines := s.lines("UPDATE", sequence)
	lines[7] = "Contact: <" + contact + ">"
	s.p.say("", lines...)
	s.p.status(200)
}

// TestRequestsFollowAName: the servers of the first route, or of the remote target, get what follows in the dialog
// (RFC 3261 sections 8.1.2 and 12.2.1.1, RFC 3263).
func TestRequestsFollowAName(t *testing.T) {
	const record = "Record-Route: <sip:moved.example;lr>"
	for name, test := range map[string]struct {
		contact string
		extra   []string
		servers []string
		want    string
	}{
		"Contact": {contact: "sip:peer@moved.example", servers: []string{"UDP " + movedPlace}, want: movedPlace},
		"Record-Route": {
			contact: "sip:peer@" + otherPlace, extra: []string{record}, servers: []string{"UDP " + movedPlace},
			want: movedPlace,
		},
		"address in Record-Route": {
			contact: "sip:peer@moved.example", extra: []string{"Record-Route: <sip:" + otherPlace + ";lr>"},
			servers: []string{"UDP " + movedPlace}, want: otherPlace,
		},
		"first without a way": {
			contact: "sip:peer@moved.example", servers: []string{"UDP 192.0.2.99:1", "UDP " + movedPlace}, want: movedPlace,
		},
		"all without a way": {contact: "sip:peer@moved.example", servers: []string{"UDP 192.0.2.99:1"}, want: partyPlace},
		"the party is one of them": {
			contact: "sip:peer@moved.example", servers: []string{"UDP " + movedPlace, "UDP " + partyPlace}, want: partyPlace,
		},
		"loopback": {contact: "sip:peer@moved.example", servers: []string{"UDP 127.0.0.1:5060"}, want: partyPlace},
		"unknown":  {contact: "sip:peer@moved.example", want: partyPlace},
		"made up":  {contact: "sip:peer@x.invalid", servers: []string{"UDP " + movedPlace}, want: partyPlace},
	} {
		t.Run(name, func(t *testing.T) {
			known := &names{servers: map[string][]string{"moved.example": test.servers, "x.invalid": test.servers}}
			s := newSetup(t, known.use)
			peers := make(map[string]*peer)
			for _, place := range []string{partyPlace, movedPlace, otherPlace, "127.0.0.1:5060"} {
				peers[place] = s.peer("UDP", place)
			}
			p, next := peers[partyPlace], peers[test.want]
			leg := s.dial(p)
			p.answerAs(p.request(sip.INVITE), "bobtag", test.contact, test.extra...)
			next.request(sip.ACK)
			event[bridge.Answered](t, leg)
			leg.SendDTMF(bridge.DTMF{Digit: '1'})
			next.respond(next.request(sip.INFO), 200, "", "")
			s.hungUp(leg, next)
			for _, other := range peers {
				other.quiet()
			}
		})
	}
}

func TestSlowLookUpHoldsOnlyACKAndBYE(t *testing.T) {
	known := movedName()
	known.gate = make(chan struct{})
	s := newSetup(t, known.use, endless)
	p, moved := s.peer("UDP", partyPlace), s.peer("UDP", movedPlace)
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	p.answerAs(invite, "bobtag", "sip:peer@moved.example")
	event[bridge.Answered](t, leg)
	p.answerAs(invite, "bobtag", "sip:peer@moved.example") // repeated, since no ACK came
	leg.SetDirection(bridge.SendOnly)                      // its INVITE must not overtake the ACK
	leg.SendDTMF(bridge.DTMF{Digit: '1'})
	p.respond(p.request(sip.INFO), 200, "", "")
	moved.quiet()
	close(known.gate)
	moved.request(sip.ACK)
	moved.respond(moved.request(sip.INVITE), 200, "", "sdp recvonly")
	moved.request(sip.ACK)
	s.hungUp(leg, moved)
	p.quiet()
	moved.quiet()
}

func TestByeWaitsForALookUp(t *testing.T) {
	known := movedName()
	known.gate = make(chan struct{})
	s := newSetup(t, known.use, endless)
	p, moved := s.peer("UDP", partyPlace), s.peer("UDP", movedPlace)
	leg := s.dial(p)
	p.answerAs(p.request(sip.INVITE), "bobtag", "sip:peer@moved.example")
	event[bridge.Answered](t, leg)
	leg.Hangup(bridge.Normal())
	event[bridge.Ended](t, leg)
	p.quiet()
	close(known.gate)
	moved.request(sip.ACK)
	moved.respond(moved.request(sip.BYE), 200, "", "")
	s.settled()
}

// TestLookUpThatIsNotAnswered is given up after its time, and the call goes on where it is.
func TestLookUpThatIsNotAnswered(t *testing.T) {
	known := movedName()
	known.gate = make(chan struct{})
	s := newSetup(t, known.use, fastClock)
	p := s.peer("UDP", partyPlace)
	leg := s.dial(p)
	p.answerAs(p.request(sip.INVITE), "bobtag", "sip:peer@moved.example")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	s.hungUp(leg, p)
}

func TestWhatWaitsIsSentWhenTheAgentEnds(t *testing.T) {
	known := movedName()
	known.gate = make(chan struct{})
	s := newSetup(t, known.use, endless)
	p := s.peer("UDP", partyPlace)
	leg := s.dial(p)
	p.answerAs(p.request(sip.INVITE), "bobtag", "sip:peer@moved.example")
	event[bridge.Answered](t, leg)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.close()
	}()
	p.request(sip.ACK)
	p.request(sip.BYE)
	close(known.gate)
	within(t, closed, "end of the agent")
}

func TestEachForkFollowsItsOwnName(t *testing.T) {
	known := movedName()
	known.servers["other.example"] = []string{"UDP " + otherPlace}
	s := newSetup(t, known.use)
	p, moved, other := s.peer("UDP", partyPlace), s.peer("UDP", movedPlace), s.peer("UDP", otherPlace)
	leg := s.dial(p)
	invite := p.request(sip.INVITE)
	p.answerAs(invite, "one", "sip:peer@moved.example")
	moved.request(sip.ACK)
	event[bridge.Answered](t, leg)
	p.answerAs(invite, "two", "sip:peer@other.example")
	other.request(sip.ACK)
	other.respond(other.request(sip.BYE), 200, "", "")
	s.hungUp(leg, moved)
	p.quiet()
}

// TestNewestNameCounts, though the answer for an older one comes later.
func TestNewestNameCounts(t *testing.T) {
	known := movedName()
	known.servers["other.example"] = []string{"UDP " + otherPlace}
	known.gate = make(chan struct{})
	s := newSetup(t, known.use, endless)
	p, moved, other := s.peer("UDP", upstreamAddress), s.peer("UDP", movedPlace), s.peer("UDP", otherPlace)
	script := newScript(p)
	leg := s.answered(script)
	script.refreshed("2", "sip:a@moved.example")
	script.refreshed("3", "sip:a@other.example")
	eventually(t, "nothing is looked up", func() bool { return known.looked() == 1 })
	close(known.gate)
	eventually(t, "the second name is not looked up", func() bool { return known.looked() == 2 })
	leg.Hangup(bridge.Normal())
	other.respond(other.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
	moved.quiet()
	p.quiet()
}

// TestNameOfACaller: that of a server counts, whoever else would only aim our requests at somebody.
func TestNameOfACaller(t *testing.T) {
	for from, want := range map[string]string{upstreamAddress: movedPlace, "192.0.2.9:5070": "192.0.2.9:5070"} {
		t.Run(from, func(t *testing.T) { callerIsFollowedTo(t, from, want) })
	}
}

func callerIsFollowedTo(t *testing.T, from, want string) {
	t.Helper()
	known := movedName()
	s := newSetup(t, known.use)
	p, moved := s.peer("UDP", from), s.peer("UDP", movedPlace)
	next := map[string]*peer{from: p, movedPlace: moved}[want]
	script := newScript(p)
	lines := script.lines("INVITE", "1")
	lines[7] = "Contact: <sip:alice@moved.example>"
	p.say("sdp", lines...)
	leg := within(t, s.incoming, "call")
	leg.Answer(pcmu())
	script.to = p.status(200).To().Value()
	p.say("", script.lines("ACK", "1")...)
	leg.Hangup(bridge.Normal())
	next.respond(next.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
	if asked := known.looked() > 0; asked != (next == moved) {
		t.Errorf("%s: looked up: %v", from, asked)
	}
	p.quiet()
	moved.quiet()
}

// hasFoundItsHop asks the leg's goroutine.
func hasFoundItsHop(t *testing.T, of bridge.Leg) bool {
	t.Helper()
	l, ok := of.(*leg)
	if !ok {
		t.Fatal("no leg of ours")
	}
	found := make(chan bool, 1)
	l.mailbox.post(func() { found <- len(l.dialog.Hop().Servers()) > 0 })
	return within(t, found, "word of the leg")
}
