package sipua

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

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

// TestCallsOfStrangersAreBounded by their source, by who is called, and all together; users and servers are not.
func TestCallsOfStrangersAreBounded(t *testing.T) {
	s := newSetup(t, protected(Protection{StrangerCalls: 2})) // ten at once; two from one source, and to one callee
	call := func(remote, callee string) *sip.Response {
		p := s.peer("UDP", remote)
		script := newScript(p)
		script.callID, script.requestURI = remote+callee, "sip:"+callee+"@out.example"
		p.say("sdp", script.lines("INVITE", "1")...)
		for {
			select {
			case <-s.incoming:
				return nil
			case message := <-p.sent:
				if response, ok := message.(*sip.Response); ok && response.StatusCode != 100 {
					return response
				}
			case <-time.After(patience):
				t.Fatal("no call and no answer")
			}
		}
	}
	for number, test := range []struct {
		remote, callee string
		taken          bool
	}{
		{"192.0.2.7:1", "a", true},
		{"192.0.2.7:2", "b", true},
		{"192.0.2.7:3", "c", false}, // the source
		{"192.0.2.8:1", "a", true},
		{"192.0.2.10:1", "a", false}, // the callee
		{"192.0.2.11:1", "d", true},
		{"192.0.2.12:1", "e", true},
		{"192.0.2.13:1", "f", true},
		{"192.0.2.14:1", "g", true},
		{"192.0.2.15:1", "h", true},
		{"192.0.2.16:1", "i", true},
		{"192.0.2.17:1", "j", false}, // all
		{upstreamAddress, "a", true},
	} {
		refused := call(test.remote, test.callee)
		if (refused == nil) != test.taken {
			t.Errorf("call %d, from %s to %s: taken %v", number, test.remote, test.callee, refused == nil)
		}
		if refused != nil && refused.GetHeader("Retry-After") == nil {
			t.Error("nothing is said about when to try again")
		}
	}
	if stats := s.agent.Stats(); stats.Strangers != 3 || stats.ServerTransactions != 10 {
		t.Errorf("counted: %+v", stats)
	}
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
