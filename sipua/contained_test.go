package sipua

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

// brokenMedia panics when its party offers something.
type brokenMedia struct{ *fakeMedia }

func (brokenMedia) SetOffer([]byte) (bridge.Description, error) { panic("broken") }
func (brokenMedia) Close() error                                { panic("broken too") }

func TestPanicEndsItsLegAndNoOther(t *testing.T) {
	s := newSetup(t, func(options *Options, _ *Agent) {
		options.Media = func(MediaParty, bridge.MediaEvents, *slog.Logger) (MediaSession, error) {
			return brokenMedia{&fakeMedia{}}, nil
		}
	})
	p := s.peer("TCP", "192.0.2.9:5070")
	p.say("sdp", newScript(p).lines("INVITE", "1")...)
	p.status(500)
	s.settled()
	if panics := s.agent.Stats().Panics; panics < 2 {
		t.Errorf("%d panics are counted", panics)
	}
	p.say("", plain(p, "OPTIONS", "sip:x@local.example")...)
	p.status(200)
}

func TestMediaThatCannotBeMade(t *testing.T) {
	s := newSetup(t, func(options *Options, _ *Agent) {
		options.Media = func(MediaParty, bridge.MediaEvents, *slog.Logger) (MediaSession, error) {
			return nil, bridge.Cause{Status: 503, Text: "No Ports", Headers: []bridge.Header{{Name: "Retry-After", Value: "5"}}}
		}
	})
	p := s.peer("TCP", "192.0.2.9:5070")
	p.say("sdp", newScript(p).lines("INVITE", "1")...)
	if again := p.status(503).GetHeader("Retry-After"); again == nil || again.Value() != "5" {
		t.Errorf("Retry-After %v", again)
	}
	leg := s.dial(s.peer("TCP", "192.0.2.20:5060"))
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 503 {
		t.Errorf("cause %+v", ended.Cause)
	}
	s.settled()
}

func TestFloodInADialogIsBounded(t *testing.T) {
	reached, stuck := make(chan struct{}), make(chan struct{})
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	l := s.agent.dialogs.find(leg.Info().Dialog)
	eventually(t, "the ACK still waits", func() bool { return l.queued.Load() == 0 })
	l.mailbox.post(func() {
		close(reached)
		<-stuck
	})
	within(t, reached, "leg that is stuck")
	const flood = 3 * inboxLimit
	for i := range flood {
		p.say("", script.lines("OPTIONS", fmt.Sprint(2+i))...)
	}
	for range flood - inboxLimit {
		if again := p.status(503).GetHeader("Retry-After"); again == nil {
			t.Error("nothing is said about when to try again")
		}
	}
	close(stuck)
	for range inboxLimit {
		p.status(200)
	}
	s.hungUp(leg, p)
}

func TestBrowserThatVanishes(t *testing.T) {
	t.Run("while it calls", func(t *testing.T) {
		s := newSetup(t)
		p := s.alice("192.0.2.9:5070")
		leg := s.invite(p.script())
		p.Close()
		if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 480 {
			t.Errorf("cause %+v", ended.Cause)
		}
		s.settled()
	})
	t.Run("before its ACK to a re-INVITE", func(t *testing.T) {
		s := newSetup(t, shortClock)
		p := s.alice("192.0.2.9:5070")
		script := p.script()
		leg := s.answered(script)
		p.say("", script.lines("INVITE", "2")...)
		p.status(200)
		p.Close()
		script.p = s.alice("192.0.2.10:2222")
		eventually(t, "the 200 is repeated for ever", func() bool {
			script.p.say("sdp", script.lines("INVITE", fmt.Sprint(3+script.branch))...)
			return script.p.final().StatusCode == 200
		})
		silent(t, leg) // the call lives
		s.hungUp(leg, script.p)
	})
	t.Run("before our re-INVITE", func(t *testing.T) {
		s := newSetup(t)
		p := s.alice("192.0.2.9:5070")
		leg := s.answered(p.script())
		p.fails.Store(true)
		leg.SetDirection(bridge.SendOnly)
		leg.Offer(withFormat(opusAt(111)))
		event[bridge.Refused](t, leg)
		silent(t, leg)
	})
}

// A phone with a wrong domain hears 403 alone; the log says why.
func TestRefusedRegistrationIsLogged(t *testing.T) {
	var log bytes.Buffer
	s := newSetup(t, func(options *Options, _ *Agent) { options.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	p := s.peer("UDP", "192.0.2.9:5070")
	lines := plain(p, "REGISTER", "sip:elsewhere.example")
	lines[4] = "To: <sip:carol@elsewhere.example>"
	p.say("", lines...)
	p.status(403)
	for _, want := range []string{
		"registration refused", "user=carol@elsewhere.example", "remote=192.0.2.9:5070", "none of those served here",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q: %s", want, &log)
		}
	}
}

func TestRegisterWithADigestAndBeCalled(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	lines := func(sequence int, extra ...string) []string {
		extra = append(extra, "Contact: <sip:carol@192.0.2.9:5070>;expires=300")
		lines := plain(p, "REGISTER", "sip:local.example", extra...)
		lines[1] += fmt.Sprint(sequence)
		lines[3], lines[4] = "From: <sip:carol@local.example>;tag=c", "To: <sip:carol@local.example>"
		lines[6] = fmt.Sprintf("CSeq: %d REGISTER", sequence)
		return lines
	}
	p.say("", lines(1)...)
	var challenge string
	for _, header := range p.status(401).GetHeaders("WWW-Authenticate") {
		if strings.Contains(header.Value(), "MD5") {
			challenge = header.Value()
		}
	}
	p.say("", lines(2, "Authorization: "+authorization(challenge, "carol", "REGISTER", "sip:local.example"))...)
	if contact := message.Contact(p.status(200)); contact == nil || !contact.Params.Has("expires") {
		t.Errorf("contact %v", contact)
	}
	targets, known := s.agent.Lookup("carol", "local.example")
	if !known || len(targets) != 1 {
		t.Fatalf("targets %v", targets)
	}
	offer := pcmu()
	leg := targets[0].Endpoint.Dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: targets[0].URI, Offer: &offer,
	})
	p.respond(p.request(sip.INVITE), 603, "c", "")
	p.request(sip.ACK)
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 603 {
		t.Errorf("cause %+v", ended.Cause)
	}
	s.settled()
}
