package sipua

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

// sessionValue gives what a message says about its session interval.
func sessionValue(m message.Message) string {
	if header := m.GetHeader("Session-Expires"); header != nil {
		return header.Value()
	}
	return ""
}

func TestReinviteRefreshesTheSessionHere(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.say("sdp", script.lines("INVITE", "2", "Session-Expires: 90;refresher=uac", "Supported: timer")...)
	if got := sessionValue(p.status(200)); got != "90;refresher=uac" {
		t.Errorf("got %q", got)
	}
	p.say("", script.lines("ACK", "2")...)
	p.say("", script.lines("UPDATE", "3", "Session-Expires: 30", "Supported: timer")...)
	if least := p.status(422).GetHeader("Min-SE"); least == nil || least.Value() != "90" {
		t.Errorf("Min-SE %v", least)
	}
	silent(t, leg)
}

func TestPhoneThatStopsRefreshingIsHungUp(t *testing.T) {
	timers := make(chan timer, 64)
	s := newSetup(t, watchTimers(timers))
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script, "Require: timer", "Session-Expires: 90;refresher=uac")
	leg.Answer(pcmu())
	script.to = p.status(200).To().Value()
	p.say("", script.lines("ACK", "1")...)
	const wait = 90*time.Second + 30*time.Second
	timerOf(t, timers, wait)
	p.say("", script.lines("UPDATE", "2", "Session-Expires: 90;refresher=uac")...)
	if got := sessionValue(p.status(200)); got != "90;refresher=uac" {
		t.Errorf("got %q", got)
	}
	timerOf(t, timers, wait).work() // no second refresh
	p.respond(p.request(sip.BYE), 200, "", "")
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 408 {
		t.Errorf("cause %+v", ended.Cause)
	}
	s.settled()
}

func TestWeRefreshWhenThePhoneWantsIt(t *testing.T) {
	timers := make(chan timer, 64)
	s := newSetup(t, watchTimers(timers))
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dial(p)
	p.respond(p.request(sip.INVITE), 200, "bobtag", "sdp", "Session-Expires: 600;refresher=uac", "Require: timer")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	timerOf(t, timers, 300*time.Second).work()
	refresh := p.request(sip.INVITE)
	if got := sessionValue(refresh); got != "600;refresher=uac" || string(refresh.Body()) != "ours sendrecv" {
		t.Errorf("refresh %s", refresh)
	}
	p.respond(refresh, 200, "", "sdp", "Session-Expires: 600;refresher=uac", "Require: timer")
	p.request(sip.ACK)
	timerOf(t, timers, 300*time.Second) // and so on
	silent(t, leg)
	s.hungUp(leg, p)
}

// refreshing is a call to a phone that has us refresh it: its timers, up to the first refresh.
func refreshing(t *testing.T, interval string) (s *setup, leg bridge.Leg, p *peer, timers chan timer) {
	t.Helper()
	timers = make(chan timer, 64)
	s = newSetup(t, watchTimers(timers))
	p = s.peer("TCP", "192.0.2.20:5060")
	leg = s.dial(p)
	p.respond(p.request(sip.INVITE), 200, "bobtag", "sdp", "Session-Expires: "+interval+";refresher=uac")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	return s, leg, p, timers
}

func TestRefusedRefreshIsTriedAgain(t *testing.T) {
	for _, status := range []int{488, 500, 503, 407, 403} {
		s, leg, p, timers := refreshing(t, "1600")
		expiry := timerOf(t, timers, 800*time.Second)
		timerOf(t, timers, 1600*time.Second-32*time.Second)
		expiry.work()
		p.respond(p.request(sip.INVITE), status, "", "")
		p.request(sip.ACK)
		timerOf(t, timers, 100*time.Second).work()
		p.respond(p.request(sip.INVITE), 200, "", "sdp") // says nothing about sessions: we go on
		p.request(sip.ACK)
		timerOf(t, timers, 800*time.Second)
		s.hungUp(leg, p)
	}
}

func TestCallThatIsNeverRefreshedEnds(t *testing.T) {
	s, leg, p, timers := refreshing(t, "90")
	next := timerOf(t, timers, 45*time.Second)
	end := timerOf(t, timers, 60*time.Second)
	next.work()
	p.respond(p.request(sip.INVITE), 500, "", "")
	p.request(sip.ACK)
	end.work()
	p.respond(p.request(sip.BYE), 200, "", "")
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 408 {
		t.Errorf("cause %+v", ended.Cause)
	}
	s.settled()
}

func TestRefreshThatIsTooShortIsRaised(t *testing.T) {
	s, leg, p, timers := refreshing(t, "90")
	timerOf(t, timers, 45*time.Second).work()
	for _, least := range []string{"600", "1800;x=y"} {
		p.respond(p.request(sip.INVITE), 422, "", "", "Min-SE: "+least)
		p.request(sip.ACK)
	}
	refresh := p.request(sip.INVITE)
	if got := sessionValue(refresh); got != "1800;refresher=uac" {
		t.Errorf("proposed %q", got)
	}
	p.respond(refresh, 422, "", "", "Min-SE: 900") // makes no sense: it is a refusal
	p.request(sip.ACK)
	timerOf(t, timers, 1800*time.Second/16)
	s.hungUp(leg, p)
}

func TestRefreshThatCrossesAnOfferIsTriedAgain(t *testing.T) {
	s, leg, p, timers := refreshing(t, "90")
	timerOf(t, timers, 45*time.Second).work()
	p.respond(p.request(sip.INVITE), 491, "", "")
	p.request(sip.ACK)
	p.respond(p.request(sip.INVITE), 200, "", "sdp", "Session-Expires: 90;refresher=uas")
	p.request(sip.ACK)
	timerOf(t, timers, 120*time.Second) // now it is theirs to refresh
	s.hungUp(leg, p)
}

func TestSessionOfASecondIsKeptByUs(t *testing.T) {
	s, leg, p, timers := refreshing(t, "1")
	timerOf(t, timers, 500*time.Millisecond)
	for range 3 {
		refresh := p.request(sip.INVITE)
		if got := sessionValue(refresh); got != "90;refresher=uac" {
			t.Errorf("proposed %q", got)
		}
		p.respond(refresh, 200, "", "sdp", "Session-Expires: 1;refresher=uac")
		p.request(sip.ACK)
	}
	leg.Hangup(bridge.Normal())
	p.respond(p.untilBye(), 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestHoldWithoutASessionLeavesTheRefresherAsItWas(t *testing.T) {
	s, leg, p, timers := refreshing(t, "600")
	timerOf(t, timers, 300*time.Second)
	script := scriptOf(p, p.last(sip.ACK))
	p.say("sdp sendonly", script.lines("INVITE", "1")...)
	if got := sessionValue(p.status(200)); got != "600;refresher=uas" {
		t.Errorf("answered %q", got)
	}
	p.say("", script.lines("ACK", "1")...)
	event[bridge.DirectionChanged](t, leg)
	timerOf(t, timers, 300*time.Second) // ours
	s.hungUp(leg, p)
}

// withSessions asks phones for session timers of ten minutes.
func withSessions(options *Options, agent *Agent) {
	options.Session, agent.options.Session = 10*time.Minute, 10*time.Minute
}

func TestPhonesAreAskedForSessions(t *testing.T) {
	tests := map[string]struct {
		answer string
		timer  time.Duration
	}{
		"it refreshes":       {"Session-Expires: 600;refresher=uas", 600*time.Second + 32*time.Second},
		"we do":              {"Session-Expires: 300;refresher=uac", 150 * time.Second},
		"it knows no timers": {"X-None: x", 300 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			timers := make(chan timer, 64)
			s := newSetup(t, watchTimers(timers), withSessions)
			p := s.peer("TCP", "192.0.2.20:5060")
			leg := s.dial(p)
			invite := p.request(sip.INVITE)
			if got := sessionValue(invite); got != "600" {
				t.Errorf("asked for %q", got)
			}
			p.respond(invite, 200, "bobtag", "sdp", test.answer)
			p.request(sip.ACK)
			event[bridge.Answered](t, leg)
			timerOf(t, timers, test.timer)
			s.hungUp(leg, p)
		})
	}
}

func TestCallersAreAskedForSessions(t *testing.T) {
	tests := map[string]struct {
		word, asked, want string
		timer             time.Duration
	}{
		"it refreshes":       {"TCP", "Supported: timer", "600;refresher=uac", 600*time.Second + 32*time.Second},
		"it has its own":     {"TCP", "Session-Expires: 120;refresher=uas", "120;refresher=uas", 60 * time.Second},
		"it knows no timers": {"TCP", "X-None: x", "600;refresher=uas", 300 * time.Second},
		"a browser":          {"WS", "Supported: timer", "", transaction.T1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			timers := make(chan timer, 64)
			s := newSetup(t, watchTimers(timers), withSessions)
			p := s.peer(test.word, "192.0.2.9:5070")
			leg := s.invite(newScript(p), test.asked)
			leg.Answer(pcmu())
			if got := sessionValue(p.status(200)); got != test.want {
				t.Errorf("answered %q", got)
			}
			timerOf(t, timers, test.timer)
		})
	}
}

func TestCallWhoseSessionIsTooShortIsMadeLonger(t *testing.T) {
	s := newSetup(t, withSessions)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dial(p)
	for _, least := range []string{"900", "1800"} {
		p.respond(p.request(sip.INVITE), 422, "proxy", "", "Min-SE: "+least)
		p.request(sip.ACK)
	}
	invite := p.request(sip.INVITE)
	if least := invite.GetHeader("Min-SE"); sessionValue(invite) != "1800" || least == nil || least.Value() != "1800" {
		t.Errorf("INVITE %s", invite)
	}
	p.respond(invite, 200, "bobtag", "sdp", "Session-Expires: 1800;refresher=uas")
	if ack := p.request(sip.ACK); ack.CSeq().SeqNo != 3 {
		t.Errorf("ACK %s", ack)
	}
	event[bridge.Answered](t, leg)
	leg.Hangup(bridge.Normal())
	bye := p.request(sip.BYE)
	if bye.CSeq().SeqNo != 4 {
		t.Errorf("BYE %s", bye)
	}
	p.respond(bye, 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestCallWhoseSessionIsRefusedForNoReasonFails(t *testing.T) {
	s := newSetup(t, withSessions)
	p := s.peer("TCP", "192.0.2.20:5060")
	leg := s.dial(p)
	p.respond(p.request(sip.INVITE), 422, "proxy", "", "Min-SE: 90")
	p.request(sip.ACK)
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 422 {
		t.Errorf("cause %+v", ended.Cause)
	}
	s.settled()
}

func TestBrowserIsNotWatched(t *testing.T) {
	timers := make(chan timer, 64)
	s := newSetup(t, watchTimers(timers))
	p := s.peer("WS", "192.0.2.20:5060")
	target := bindingEndpoint{agent: s.agent, contact: "sip:bob@x.invalid", flow: p, user: "bob@local.example"}
	offer := pcmu()
	leg := target.Dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:bob@local.example", Offer: &offer,
	})
	p.respond(p.request(sip.INVITE), 200, "bobtag", "sdp", "Session-Expires: 90;refresher=uas")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	s.hungUp(leg, p)
	for len(timers) > 0 {
		if set := <-timers; set.delay > 64*transaction.T1 {
			t.Errorf("a timer of %v was set", set.delay)
		}
	}
}

// timer is one that was set.
type timer struct {
	delay time.Duration
	work  func()
}

// watchTimers shows the timers of legs. They run beside.
func watchTimers(timers chan<- timer) func(*Options, *Agent) {
	return func(_ *Options, agent *Agent) {
		agent.after = func(delay time.Duration, work func()) *time.Timer {
			timers <- timer{delay, work}
			return time.AfterFunc(delay, work)
		}
	}
}

// timerOf waits for a timer of this length.
func timerOf(t *testing.T, timers <-chan timer, delay time.Duration) timer {
	t.Helper()
	for {
		if set := within(t, timers, "timer of "+delay.String()); set.delay == delay {
			return set
		}
	}
}
