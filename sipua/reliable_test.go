package sipua

import (
	"strconv"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transaction"
)

// rackOf is the RAck for a reliable response, which fails the test if it is none.
func rackOf(t *testing.T, response *sip.Response) string {
	t.Helper()
	sequence, ok := rseqOf(response)
	if !ok || !message.HasOption(response, "Require", option100rel) {
		t.Fatalf("not reliable: %s", response)
	}
	return "RAck: " + strconv.Itoa(int(sequence)) + " " + response.CSeq().Value()
}

func TestProvisionalsAreSentReliablyWhereAsked(t *testing.T) {
	tests := map[string]struct {
		word, asked          string
		ringing, early       bool
		withoutOption, other bool
	}{
		"required":                         {word: "UDP", asked: "Require: 100rel", ringing: true, early: true},
		"required on a connection":         {word: "TCP", asked: "Require: 100rel", ringing: true, early: true},
		"supported, over UDP":              {word: "UDP", asked: "Supported: timer, 100rel", early: true},
		"supported, where nothing is lost": {word: "WS", asked: "Supported: 100rel"},
		"not asked for":                    {word: "UDP", asked: "Supported: timer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer(test.word, "192.0.2.9:5070")
			script := newScript(p)
			leg := s.invite(script, test.asked)
			leg.Ring(nil)
			ringing := p.status(180)
			if _, ok := rseqOf(ringing); ok != test.ringing {
				t.Errorf("180 %s", ringing)
			}
			script.to = ringing.To().Value()
			if test.ringing {
				p.say("", script.lines("PRACK", "2", rackOf(t, ringing))...)
				p.status(200)
			}
			early := pcmu()
			leg.Ring(&early)
			progress := p.status(183)
			if _, ok := rseqOf(progress); ok != test.early {
				t.Errorf("183 %s", progress)
			}
			leg.Hangup(bridge.Cause{Status: 486})
			p.final()
			event[bridge.Ended](t, leg)
		})
	}
}

func TestRequired100relIsRefusedWhenOff(t *testing.T) {
	s := newSetup(t, func(options *Options, agent *Agent) {
		options.ReliableProvisionals, agent.options.ReliableProvisionals = false, false
	})
	p := s.peer("UDP", "192.0.2.9:5070")
	p.say("sdp", newScript(p).lines("INVITE", "1", "Require: 100rel")...)
	response := p.status(420)
	if unsupported := response.GetHeader("Unsupported"); unsupported == nil || unsupported.Value() != option100rel {
		t.Errorf("unsupported %v", unsupported)
	}
	p.say("", newScript(p).lines("ACK", "1")...)
	p.say("", plain(p, "OPTIONS", "sip:192.0.2.1")...)
	if message.HasOption(p.status(200), "Supported", option100rel) {
		t.Error("100rel is said to be supported")
	}
}

func TestReliableProvisionalsGoOneByOne(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script, "Require: 100rel")
	leg.Ring(nil)
	early := pcmu()
	leg.Ring(&early)
	leg.Answer(pcmu())
	ringing := p.status(180)
	script.to = ringing.To().Value()
	// The answer does not wait for a response without SDP, and what has not been sent yet never is.
	if ok := p.status(200); string(ok.Body()) != "ours sendrecv" {
		t.Errorf("answer %q", ok.Body())
	}
	p.say("", script.lines("PRACK", "2", rackOf(t, ringing))...) // late, but no error
	p.status(200)
	script.branch++
	p.say("", script.lines("ACK", "1")...)
	s.hungUp(leg, p)
}

func TestAnswerWaitsForThePrackOfItsSDP(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script, "Require: 100rel")
	early := pcmu()
	leg.Ring(&early)
	progress := p.status(183)
	script.to = progress.To().Value()
	leg.Answer(pcmu())
	for i, wrong := range []string{"RAck: 1 1 INVITE", "RAck: x", "X-No: RAck", rackOf(t, progress) + "X"} {
		p.say("", script.lines("PRACK", strconv.Itoa(2+i), wrong)...)
		p.status(481)
	}
	p.quiet()
	p.say("sdp sendonly", script.lines("PRACK", "7", rackOf(t, progress))...) // with another offer
	if ok := p.status(200); string(ok.Body()) != "ours recvonly" || ok.CSeq().MethodName != sip.PRACK {
		t.Errorf("PRACK is answered %s", ok)
	}
	if ok := p.status(200); len(ok.Body()) != 0 || ok.CSeq().MethodName != sip.INVITE {
		t.Errorf("INVITE is answered %s", ok) // all has been said
	}
	script.branch++
	p.say("", script.lines("ACK", "1")...)
	event[bridge.DirectionChanged](t, leg)
	s.hungUp(leg, p)
}

func TestProvisionalIsRepeatedUntilItsPrack(t *testing.T) {
	timers := make(chan timer, 64)
	s := newSetup(t, watchTimers(timers))
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script, "Require: 100rel")
	leg.Ring(nil)
	first := p.status(180)
	for wait := transaction.T1; wait < transaction.Timeout/2; wait *= 2 {
		timerOf(t, timers, wait).work()
		if again := p.status(180); rackOf(t, again) != rackOf(t, first) {
			t.Errorf("repeated as %s", again)
		}
	}
	timerOf(t, timers, transaction.Timeout/2).work()
	p.status(180)
	timerOf(t, timers, transaction.Timeout-(2*transaction.Timeout/2-transaction.T1)).work()
	p.status(504)
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 504 {
		t.Errorf("cause %+v", ended.Cause)
	}
	p.say("", script.lines("ACK", "1")...)
	s.settled()
}

func TestPrackStopsTheRepetition(t *testing.T) {
	timers := make(chan timer, 64)
	s := newSetup(t, watchTimers(timers))
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script, "Require: 100rel")
	leg.Ring(nil)
	ringing := p.status(180)
	script.to = ringing.To().Value()
	repeat := timerOf(t, timers, transaction.T1)
	p.say("", script.lines("PRACK", "2", rackOf(t, ringing))...)
	p.status(200)
	repeat.work() // had been stopped too late
	leg.Hangup(bridge.Cause{Status: 486})
	p.status(486)
	event[bridge.Ended](t, leg)
}

func TestCanceledCallRepeatsNothing(t *testing.T) {
	s := newSetup(t, func(_ *Options, agent *Agent) {
		agent.after = func(delay time.Duration, work func()) *time.Timer { return time.AfterFunc(delay/10, work) }
	})
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script, "Require: 100rel")
	leg.Ring(nil)
	p.status(180)
	p.say("", script.lines("CANCEL", "1")...)
	for range 2 {
		for p.final().StatusCode == 180 {
		}
	}
	event[bridge.Ended](t, leg)
	p.say("", script.lines("ACK", "1")...)
	s.settled()
}

func TestUpdateOfTheCallerInAnEarlyDialog(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script, "Require: 100rel")
	early := pcmu()
	leg.Ring(&early)
	progress := p.status(183)
	script.to = progress.To().Value()
	p.say("sdp sendonly", script.lines("UPDATE", "2")...)
	if again := p.status(500).GetHeader("Retry-After"); again == nil {
		t.Error("nothing is said about when to try again")
	}
	p.say("", script.lines("PRACK", "3", rackOf(t, progress))...)
	p.status(200)
	p.say("sdp sendonly", script.lines("UPDATE", "4")...)
	if ok := p.status(200); string(ok.Body()) != "ours recvonly" {
		t.Errorf("answer %q", ok.Body())
	}
	event[bridge.DirectionChanged](t, leg)
	leg.Answer(pcmu())
	if ok := p.status(200); len(ok.Body()) != 0 {
		t.Errorf("the 200 says %q again", ok.Body())
	}
	script.branch++
	p.say("", script.lines("ACK", "1")...)
	s.hungUp(leg, p)
}

func TestOfferlessInviteThatWantsReliableResponses(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	p.say("", script.lines("INVITE", "1", "Require: 100rel")...)
	leg := within(t, s.incoming, "call")
	offer := pcmu()
	leg.Ring(&offer)
	ringing := p.status(180)
	script.to = ringing.To().Value()
	if string(ringing.Body()) != "ours sendrecv" {
		t.Errorf("the offer is %q", ringing.Body())
	}
	p.say("sdp opus", script.lines("PRACK", "2", rackOf(t, ringing))...)
	p.status(200)
	if format := audioFormat(t, event[bridge.Accepted](t, leg).Answer); format.Name != "opus" {
		t.Errorf("the answer is %v", format)
	}
	leg.Answer(pcmu())
	if ok := p.status(200); len(ok.Body()) != 0 {
		t.Errorf("the 200 offers %q", ok.Body())
	}
	script.branch++
	p.say("", script.lines("ACK", "1")...)
	s.hungUp(leg, p)
}

func TestPrackWithoutTheAnswerEndsTheCall(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	p.say("", script.lines("INVITE", "1", "Require: 100rel")...)
	leg := within(t, s.incoming, "call")
	offer := pcmu()
	leg.Ring(&offer)
	ringing := p.status(180)
	script.to = ringing.To().Value()
	p.say("", script.lines("PRACK", "2", rackOf(t, ringing))...)
	p.status(200)
	p.status(488)
	event[bridge.Ended](t, leg)
}
