package sipua

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

const (
	firstServer  = "192.0.2.51:5060"
	secondServer = "192.0.2.52:5060"
)

// twoServers are the servers of fail.example; a silent one is given up soon.
func twoServers(options *Options, _ *Agent) {
	upstream, err := ParseUpstream("fail.example", "sip:"+firstServer, "sip:"+secondServer)
	if err != nil {
		panic(err)
	}
	options.Domains.Upstreams = append(options.Domains.Upstreams, upstream)
	options.Silence = time.Hour
}

// callServers calls somebody at fail.example.
func (s *setup) callServers() bridge.Leg {
	s.t.Helper()
	offer := pcmu()
	upstreams := s.agent.options.Domains.Upstreams
	return s.agent.UpstreamEndpoint(upstreams[len(upstreams)-1]).Dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:bob@fail.example", Offer: &offer,
	})
}

// answered takes the call at a peer, and checks that it is the one that another did not take.
func answered(t *testing.T, leg bridge.Leg, p *peer, before *sip.Request) {
	t.Helper()
	invite := p.request(sip.INVITE)
	if before != nil {
		sameRequest(t, before, invite)
	}
	p.respond(invite, 200, "bobtag", "sdp")
	p.request(sip.ACK)
	event[bridge.Answered](t, leg)
	leg.Hangup(bridge.Normal())
	p.respond(p.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
}

// sameRequest: the next target gets the same request with another branch (RFC 3263 section 4.3).
func sameRequest(t *testing.T, one, two *sip.Request) {
	t.Helper()
	if one.CallID().Value() != two.CallID().Value() || one.CSeq().Value() != two.CSeq().Value() ||
		one.From().Value() != two.From().Value() || one.Recipient.String() != two.Recipient.String() {
		t.Errorf("another request:\n%s\n%s", one, two)
	}
	first, _ := one.Via().Params.Get("branch")
	if second, _ := two.Via().Params.Get("branch"); first == second {
		t.Error("the same branch")
	}
}

func TestCallGoesToTheNextServer(t *testing.T) {
	for name, fail := range map[string]func(p *peer, invite *sip.Request){
		"503": func(p *peer, invite *sip.Request) {
			p.respond(invite, 503, "t", "")
			p.request(sip.ACK)
		},
		"503 after 100": func(p *peer, invite *sip.Request) {
			p.respond(invite, 100, "", "")
			p.respond(invite, 503, "t", "")
			p.request(sip.ACK)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, twoServers)
			first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
			leg := s.callServers()
			invite := first.request(sip.INVITE)
			before := within(t, s.media, "media")
			fail(first, invite)
			answered(t, leg, second, invite)
			before.mu.Lock()
			closed := before.closed
			before.mu.Unlock()
			if !closed || s.agent.Stats().FailedOver != 1 {
				t.Errorf("media of the first try closed: %v; counted %d", closed, s.agent.Stats().FailedOver)
			}
			s.settled()
		})
	}
	t.Run("out of reach", func(t *testing.T) {
		s := newSetup(t, twoServers)
		second := s.peer("UDP", secondServer) // and no flow to the first
		answered(t, s.callServers(), second, nil)
		s.settled()
	})
	t.Run("cannot be sent", func(t *testing.T) {
		s := newSetup(t, twoServers)
		first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
		first.fails.Store(true)
		answered(t, s.callServers(), second, nil)
		s.settled()
	})
	t.Run("timeout", func(t *testing.T) {
		s := newSetup(t, twoServers)
		first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
		leg := s.callServers()
		invite := first.request(sip.INVITE)
		s.timeOut()
		answered(t, leg, second, invite)
		s.settled()
	})
}

// TestConnectionThatEnds: it may have ended just when it was used again, so the same server gets another chance.
func TestConnectionThatEnds(t *testing.T) {
	s := newSetup(t, twoServers)
	first, second := s.peer("TCP", firstServer), s.peer("TCP", secondServer)
	leg := s.callServers()
	invite := first.request(sip.INVITE)
	again := s.peer("TCP", firstServer)
	first.Close()
	sameRequest(t, invite, again.request(sip.INVITE))
	again.Close()
	answered(t, leg, second, invite)
	s.settled()
}

func TestSilentServerIsLeftBehind(t *testing.T) {
	silence := make(chan silenceTimer, 1)
	s := newSetup(t, twoServers, silenceClock(silence))
	first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
	leg := s.callServers()
	invite := first.request(sip.INVITE)
	within(t, silence, "timer").work()
	taken := second.request(sip.INVITE)
	sameRequest(t, invite, taken)
	second.respond(taken, 180, "bobtag", "")
	event[bridge.Ringing](t, leg)
	first.respond(invite, 180, "late", "") // somebody rings there, too
	cancel := first.request(sip.CANCEL)
	if cancel.Via().Value() != invite.Via().Value() {
		t.Errorf("CANCEL %s", cancel)
	}
	first.respond(cancel, 200, "", "")
	first.respond(invite, 200, "late", "sdp") // and answers before the CANCEL
	first.request(sip.ACK)
	bye := first.request(sip.BYE)
	if tag, _ := bye.To().Params.Get("tag"); tag != "late" {
		t.Errorf("BYE %s", bye)
	}
	first.respond(bye, 200, "", "")
	first.respond(invite, 200, "late", "sdp")
	first.request(sip.ACK)
	second.respond(taken, 200, "bobtag", "sdp")
	second.request(sip.ACK)
	event[bridge.Answered](t, leg)
	leg.Hangup(bridge.Normal())
	second.respond(second.request(sip.BYE), 200, "", "")
	event[bridge.Ended](t, leg)
	first.quiet()
	s.settled()
}

// TestNoOtherServerIsTried once the callee was reached, the caller gave up, or an answer is one.
func TestNoOtherServerIsTried(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(p *peer, leg bridge.Leg, invite *sip.Request)
		status int
	}{
		"busy": {func(p *peer, _ bridge.Leg, invite *sip.Request) {
			p.respond(invite, 486, "t", "")
			p.request(sip.ACK)
		}, 486},
		"rang": {func(p *peer, leg bridge.Leg, invite *sip.Request) {
			p.respond(invite, 180, "t", "")
			event[bridge.Ringing](p.t, leg)
			p.respond(invite, 503, "t", "")
			p.request(sip.ACK)
		}, 503},
		"given up": {func(p *peer, leg bridge.Leg, invite *sip.Request) {
			leg.Hangup(bridge.Cause{Status: 487})
			p.respond(invite, 100, "", "")
			p.respond(p.request(sip.CANCEL), 200, "", "")
			p.respond(invite, 503, "t", "")
			p.request(sip.ACK)
		}, 487},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, twoServers)
			first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
			leg := s.callServers()
			test.answer(first, leg, first.request(sip.INVITE))
			if ended := event[bridge.Ended](t, leg); ended.Cause.Status != test.status {
				t.Errorf("cause %+v", ended.Cause)
			}
			second.quiet()
			s.settled()
		})
	}
}

func TestCallFailsWhenNoServerIsLeft(t *testing.T) {
	s := newSetup(t, twoServers)
	first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
	leg := s.callServers()
	first.respond(first.request(sip.INVITE), 503, "t", "")
	first.request(sip.ACK)
	second.respond(second.request(sip.INVITE), 503, "t", "", "Retry-After: 7 (soon)")
	second.request(sip.ACK)
	ended := event[bridge.Ended](t, leg)
	if ended.Cause.Status != 503 {
		t.Errorf("cause %+v", ended.Cause)
	}
	s.settled()
}

// TestFailedServerIsAvoided is fault F08: one call notices, and those after it go where it is known to work.
func TestFailedServerIsAvoided(t *testing.T) {
	for name, test := range map[string]struct {
		retry   []string
		avoided bool
	}{
		"busy for a while": {[]string{"Retry-After: 30"}, true},
		"busy just now":    {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, twoServers)
			first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
			leg := s.callServers()
			invite := first.request(sip.INVITE)
			first.respond(invite, 503, "t", "", test.retry...)
			first.request(sip.ACK)
			answered(t, leg, second, invite)
			leg = s.callServers()
			if test.avoided {
				answered(t, leg, second, nil)
				first.quiet()
			} else {
				answered(t, leg, first, nil)
			}
			s.settled()
		})
	}
	t.Run("silent", func(t *testing.T) {
		silence := make(chan silenceTimer, 2)
		s := newSetup(t, twoServers, silenceClock(silence))
		first, second := s.peer("UDP", firstServer), s.peer("UDP", secondServer)
		leg := s.callServers()
		invite := first.request(sip.INVITE)
		within(t, silence, "timer").work()
		answered(t, leg, second, invite)
		answered(t, s.callServers(), second, nil)
		first.quiet()
	})
}

// registerThere registers alice at fail.example through us.
func (s *setup) registerThere(p *peer) {
	s.t.Helper()
	lines := browserOf("REGISTER", "sip:fail.example", 1, "Contact: "+browserContact)
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(line, "up.example", "fail.example")
	}
	p.say("", lines...)
}

func TestRelayedRequestGoesToTheNextServer(t *testing.T) {
	for name, fail := range map[string]func(s *setup, p *peer, request *sip.Request){
		"503": func(_ *setup, p *peer, request *sip.Request) {
			p.respond(request, 503, "t", "")
		},
		"503 after 100": func(_ *setup, p *peer, request *sip.Request) {
			p.respond(request, 100, "", "")
			p.respond(request, 503, "t", "")
		},
		"timeout":      func(s *setup, _ *peer, _ *sip.Request) { s.timeOut() },
		"disconnected": func(_ *setup, p *peer, _ *sip.Request) { p.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, twoServers)
			word := "UDP"
			if name == "disconnected" {
				word = "TCP"
			}
			p, first, second := s.peer("WS", "192.0.2.9:5070"), s.peer(word, firstServer), s.peer("UDP", secondServer)
			s.registerThere(p)
			request := first.request(sip.REGISTER)
			fail(s, first, request)
			next := second.request(sip.REGISTER)
			sameRequest(t, request, next)
			second.respond(next, 200, "srv", "", "Contact: "+bare(message.Contact(next))+";expires=300")
			p.status(200)
			s.settled()
		})
	}
	t.Run("silent", func(t *testing.T) {
		silence := make(chan silenceTimer, 1)
		s := newSetup(t, twoServers, silenceClock(silence))
		p, first, second := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", firstServer), s.peer("UDP", secondServer)
		s.registerThere(p)
		request := first.request(sip.REGISTER)
		within(t, silence, "timer").work()
		next := second.request(sip.REGISTER)
		first.respond(request, 200, "srv", "") // too late: it belongs to nothing
		second.respond(next, 403, "srv", "")
		p.status(403)
		if s.agent.Stats().Stray != 1 {
			t.Error("the late answer counts")
		}
		s.settled()
	})
}

// TestRelayedRequestIsAnsweredInTime: the sender hears 100 when he would repeat each T2, and an answer before he gives
// up; never 408 (RFC 4320).
func TestRelayedRequestIsAnsweredInTime(t *testing.T) {
	s := newSetup(t, fastClock)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact)...)
	server.request(sip.REGISTER)
	if response, ok := p.next().(*sip.Response); !ok || response.StatusCode != 100 {
		t.Errorf("got %v", response)
	}
	if response, ok := p.next().(*sip.Response); !ok || response.StatusCode != 504 {
		t.Errorf("got %v", response)
	}
	s.settled()
}

func TestTimeoutOfTheServerIsNotPassedOn(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact)...)
	server.respond(server.request(sip.REGISTER), 408, "t", "")
	p.status(504)
	s.settled()
}
