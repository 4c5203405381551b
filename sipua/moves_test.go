package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// replacing are the lines of an INVITE that claims the call of a script.
func replacing(old *script, p *peer, from, suffix string) []string {
	tag, _ := old.remoteTag()
	lines := plain(p, "INVITE", "sip:bob@out.example", "Contact: <sip:x@"+p.remote.String()+">",
		"Replaces: "+old.callID+";to-tag="+tag+";from-tag=alicetag"+suffix)
	lines[3], lines[5] = "From: <"+from+">;tag=new", "Call-ID: "+p.remote.String()
	return lines
}

// remoteTag gives our tag as a client knows it.
func (s *script) remoteTag() (string, bool) {
	var to sip.ToHeader
	if _, err := sip.ParseAddressValue(s.to, &to.Address, &to.Params); err != nil {
		s.p.t.Fatal(err)
	}
	return to.Params.Get("tag")
}

func TestReloadedPageClaimsItsCall(t *testing.T) {
	s, phone := newBridge(t)
	old := s.alice("192.0.2.9:5070")
	call := old.script()
	connected(call, phone)

	mallory := s.peer("WS", "192.0.2.66:1")
	s.agent.users.Set(mallory, "mallory@local.example")
	mallory.say("sdp", replacing(call, mallory, "sip:mallory@local.example", "")...)
	mallory.status(403)
	stranger := s.peer("TCP", "192.0.2.67:1")
	stranger.say("sdp", replacing(call, stranger, "sip:x@elsewhere.example", "")...)
	stranger.status(403)
	early := s.alice("192.0.2.10:1")
	early.say("sdp", replacing(call, early, "sip:alice@local.example", ";early-only")...)
	early.status(486)

	reloaded := s.alice("192.0.2.10:2222")
	reloaded.say("sdp", replacing(call, reloaded, "sip:alice@local.example", "")...)
	ok := reloaded.status(200)
	again := &script{
		p: reloaded, callID: reloaded.remote.String(), from: "<sip:alice@local.example>;tag=new", to: ok.To().Value(),
		requestURI: "sip:bob@192.0.2.1",
	}
	reloaded.say("", again.lines("ACK", "1")...)
	update := mustTell(t, reloaded, "<sip:bob@out.example>;party=called;screen=no;privacy=off", "")
	reloaded.respond(update, 200, "", "")
	old.respond(old.request(sip.BYE), 200, "", "")
	phone.quiet()

	guess := *call
	guess.to = "<sip:bob@out.example>;tag=guess"
	lines := replacing(&guess, reloaded, "sip:alice@local.example", "")
	lines[1], lines[5] = lines[1]+"2", "Call-ID: another"
	reloaded.say("sdp", lines...)
	reloaded.status(481)

	reloaded.say("", again.lines("BYE", "2")...)
	reloaded.status(200)
	phone.respond(phone.request(sip.BYE), 200, "", "")
	s.settled()
}

func TestParkedBrowserGetsTimeWhenItSpeaksAgain(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.answered(script)
	media := within(t, s.media, "media session")
	p.Close()
	s.agent.FlowClosed(p)
	media.events.Lost(bridge.Cause{Status: 408, Text: "media timeout"})
	event[bridge.Parked](t, leg)

	script.p = s.alice("192.0.2.10:2222")
	script.p.say("sdp", script.lines("INVITE", "2")...) // ICE restart
	script.p.status(200)
	script.p.say("", script.lines("ACK", "2")...)
	media.events.Back()
	event[bridge.Resumed](t, leg)
	silent(t, leg)
	s.hungUp(leg, script.p)
}

func TestParkTimeBeginsAnewWhenTheDialogSpeaks(t *testing.T) {
	var s *setup
	parked := make(chan func(), 16)
	s = newSetup(t, func(options *Options, agent *Agent) {
		options.Park = parkTime
		agent.after = parkClock(parked)
	})
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.answered(script)
	within(t, s.media, "media session").events.Lost(bridge.Cause{Status: 408})
	event[bridge.Parked](t, leg)
	first := within(t, parked, "park timer")
	p.say("", script.lines("UPDATE", "2")...)
	p.status(200)
	second := within(t, parked, "park timer")
	first() // had been stopped too late
	p.say("", script.lines("UPDATE", "3")...)
	p.status(200)
	silent(t, leg)
	second()
	third := within(t, parked, "park timer")
	third()
	p.respond(p.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestPhoneMayComeFromAnotherConnectionOfItsHost(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.answered(script)
	p.Close()
	s.agent.FlowClosed(p)

	for _, stranger := range []*peer{s.peer("TCP", "192.0.2.66:1"), s.peer("WS", "192.0.2.9:2")} {
		script.p = stranger
		stranger.say("", script.lines("BYE", "2")...)
		stranger.status(403)
	}
	script.p = s.peer("TCP", "192.0.2.9:6060")
	script.p.say("", script.lines("BYE", "3")...)
	script.p.status(200)
	event[bridge.Ended](t, leg)
	s.settled()
}

func TestDatagramCannotSpeakForABrowser(t *testing.T) {
	s := newSetup(t)
	p := s.alice("192.0.2.9:5070")
	script := p.script()
	leg := s.answered(script)
	script.p = s.peer("UDP", "192.0.2.9:5070")
	script.p.say("", script.lines("BYE", "2")...)
	script.p.status(403)
	silent(t, leg)
}

func TestPartyCannotAimOurRequestsAtOthers(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	victim := s.peer("UDP", "192.0.2.200:5060")
	script := newScript(p)
	lines := script.lines("INVITE", "1", "Record-Route: <sip:192.0.2.200;lr>")
	lines[7] = "Contact: <sip:x@192.0.2.200:5060>, <sip:y@192.0.2.201>"
	p.say("sdp", lines...)
	leg := within(t, s.incoming, "call")
	leg.Answer(pcmu())
	script.to = p.status(200).To().Value()
	p.say("", script.lines("ACK", "1")...)
	leg.Hangup(bridge.Normal())
	bye := p.request(sip.BYE)
	if bye.Recipient.Host != "192.0.2.200" { // the first of two
		t.Errorf("target %s", bye.Recipient.String())
	}
	p.respond(bye, 200, "", "")
	victim.quiet()
}
