package sipua

import (
	"net/netip"
	"testing"

	"sipbridge/bridge"
	"sipbridge/sipua/admission"
	"sipbridge/sipua/wire"
)

func protected(protection admission.Protection) func(*Options, *Agent) {
	return func(options *Options, _ *Agent) { options.Protection = protection }
}

func TestScannersGetNoAnswer(t *testing.T) {
	tests := map[string]bool{ // whether it is answered
		"User-Agent: friendly-scanner":                   false,
		"USER-AGENT : Friendly-Scanner/1":                false,
		"User-Agent: sipvicious\r\nBroken header":        false,
		"User-Agent: baresip v3.0":                       true,
		"X-User-Agent: friendly-scanner":                 true,
		"User-Agents: friendly-scanner":                  true,
		"Subject: User-Agent: friendly-scanner":          true,
		"User-Agent: pplsip\r\nContent-Type: text/plain": true,
	}
	s := newSetup(t, protected(admission.Protection{Scanners: []string{"friendly-scanner", "SIPVicious"}}))
	dropped := uint64(0)
	for header, answered := range tests {
		p := s.peer("UDP", "192.0.2.9:5070")
		p.say("", plain(p, "OPTIONS", "sip:100@local.example", header)...)
		if answered {
			p.status(200)
			continue
		}
		dropped++
		p.quiet()
	}
	if stats := s.agent.Stats(); stats.Scanners != dropped || stats.Malformed != 0 {
		t.Errorf("counted: %+v", stats)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	s := newSetup(t, protected(admission.Protection{NoStrangers: true}))
	p, server := s.peer("UDP", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	p.say("sdp", newScript(p).lines("INVITE", "1")...)
	p.status(403)
	if len(s.incoming) != 0 {
		t.Error("a stranger's call is taken")
	}
	server.say("sdp", newScript(server).lines("INVITE", "1")...)
	leg := within(t, s.incoming, "call of the upstream server")
	if leg.Request().Origin != bridge.OriginUpstream {
		t.Errorf("origin %v", leg.Request().Origin)
	}
	leg.Hangup(bridge.Cause{Status: 486})
	server.status(486)
}

// TestStrangersOfOtherProtocolsShareTheLimits: who rings a user from a Flash page has used up what SIP would let him.
func TestStrangersOfOtherProtocolsShareTheLimits(t *testing.T) {
	s := newSetup(t, protected(admission.Protection{StrangerCalls: 1e-6})) // one, and the next one days later
	from := netip.MustParseAddr("192.0.2.9")
	if err := s.agent.AdmitStranger(from, "sip:someone@b"); err != nil {
		t.Fatal(err)
	}
	if cause := bridge.CauseOf(s.agent.AdmitStranger(from, "sip:other@b")); cause.Status != 503 {
		t.Errorf("a second call begins, %v", cause)
	}
	for _, uri := range []string{"no URI", "", "sip:a@b@c", "sip:someone@b;x=\r\n"} {
		if cause := bridge.CauseOf(s.agent.AdmitStranger(from, uri)); cause.Status != 400 {
			t.Errorf("%q, which is no URI, gets %v", uri, cause)
		}
	}
	p := s.peer("UDP", "192.0.2.9:5070")
	p.say("sdp", newScript(p).lines("INVITE", "1")...)
	p.status(503)
	if refused := s.agent.Stats().Strangers; refused != 2 {
		t.Errorf("%d were refused", refused)
	}
}

// TestCallsOfStrangersAreBounded: the one too many is refused; users and servers are not.
func TestCallsOfStrangersAreBounded(t *testing.T) {
	s := newSetup(t, protected(admission.Protection{StrangerCalls: 1e-6})) // one, and the next one days later
	call := func(p *peer) {
		script := newScript(p)
		script.callID = p.remote.String()
		p.say("sdp", script.lines("INVITE", "1")...)
	}
	first, second := s.peer("UDP", "192.0.2.7:1"), s.peer("UDP", "192.0.2.8:1")
	server := s.peer("UDP", upstreamAddress)
	call(first)
	within(t, s.incoming, "call of a stranger")
	call(second)
	if second.status(503).GetHeader("Retry-After") == nil {
		t.Error("nothing is said about when to try again")
	}
	call(server)
	within(t, s.incoming, "call of the upstream server")
	if stats := s.agent.Stats(); stats.Strangers != 1 || stats.ServerTransactions != 2 {
		t.Errorf("counted: %+v", stats)
	}
}

// TestCalleeHasOneName, in whatever way his address is spelt.
func TestCalleeHasOneName(t *testing.T) {
	s := newSetup(t)
	for want, spellings := range map[string][]string{
		"bob@local.example": {
			"sip:bob@local.example", "sip:%62o%62@local.example", "sip:bob@LOCAL.Example", "sip:bob@local.example.",
			"sip:bob@192.0.2.1", "sip:bob@192.0.2.1:5060", "sips:bob@local.example;transport=tcp", "sip:bob:x@local.example",
		},
		"bob@out.example":     {"sip:bob@out.example", "sip:b%6Fb@Out.Example", "sip:bob@out.example.:5080"},
		"Bob@out.example":     {"sip:Bob@out.example"},
		"+4930@local.example": {"sip:+4930@local.example", "tel:+49-30", "tel:+4930"},
	} {
		for _, spelling := range spellings {
			uri, err := wire.ParseURI(spelling, wire.StreamLimits())
			if err != nil {
				t.Fatal(err)
			}
			if got := s.agent.callee(uri); got != want {
				t.Errorf("%s calls %q, want %q", spelling, got, want)
			}
		}
	}
}
