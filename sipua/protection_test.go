package sipua

import (
	"testing"

	"sipbridge/bridge"
)

func protected(protection Protection) func(*Options, *Agent) {
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
	s := newSetup(t, protected(Protection{Scanners: []string{"friendly-scanner", "SIPVicious"}}))
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
	s := newSetup(t, protected(Protection{NoStrangers: true}))
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

func FuzzUserAgent(f *testing.F) {
	f.Add([]byte("OPTIONS sip:x SIP/2.0\r\nUser-Agent: friendly-scanner\r\n\r\n"))
	f.Add([]byte("\r\nUser-Agent\t: x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if name, found := userAgentOf(raw); !found && name != "" {
			t.Error("a name that was not found")
		}
	})
}
