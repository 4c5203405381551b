package sipua

import (
	"fmt"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

const otherUpstream = "192.0.2.51:5060"

// twoUpstreams gives up.example a second server.
func twoUpstreams(t *testing.T) func(*Options, *Agent) {
	t.Helper()
	upstream, err := ParseUpstream("up.example", "sip:"+upstreamAddress, "sip:"+otherUpstream)
	if err != nil {
		t.Fatal(err)
	}
	return func(options *Options, _ *Agent) {
		if len(options.Domains.Upstreams) > 0 {
			options.Domains.Upstreams = []Upstream{upstream}
		}
	}
}

// TestPassingCallGoesToTheNextServer: like a bridged one, when the first is busy, silent or cannot be reached; and no
// further once somebody was heard.
func TestPassingCallGoesToTheNextServer(t *testing.T) {
	for name, fail := range map[string]func(first *peer){
		"busy": func(first *peer) {
			first.respond(first.request(sip.INVITE), 503, "b", "")
			first.request(sip.ACK)
		},
		"silent":  func(first *peer) { first.request(sip.INVITE) },
		"no path": func(first *peer) { first.fails.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			tweaks := []func(*Options, *Agent){twoUpstreams(t)}
			if name == "silent" {
				tweaks = append(tweaks, shortClock)
			}
			s := newProxy(t, tweaks...)
			first, second := s.peer("UDP", upstreamAddress), s.peer("UDP", otherUpstream)
			call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@up.example", "sip:bob@up.example")
			if name == "no path" {
				fail(first)
			}
			call.pass("INVITE", "1", webrtcOffer, `Proxy-Authorization: Digest username="alice"`)
			if name != "no path" {
				fail(first)
			}
			invite := second.request(sip.INVITE)
			if string(invite.Body()) != webrtcOffer || invite.GetHeader("Proxy-Authorization") == nil {
				t.Errorf("the second server gets\n%s", invite)
			}
			second.respond(invite, 180, "b", "")
			call.p.status(180)
			second.respond(invite, 503, "b", "") // there is no third
			second.request(sip.ACK)
			call.p.status(503)
			call.pass("ACK", "1", "")
			if s.agent.proxies.Size() != 0 {
				t.Error("the dialog is kept")
			}
			s.settled()
		})
	}
}

// TestPassingCallThatRangStays: a server that rings and then is busy is not left.
func TestPassingCallThatRangStays(t *testing.T) {
	s := newProxy(t, twoUpstreams(t))
	first, second := s.peer("UDP", upstreamAddress), s.peer("UDP", otherUpstream)
	call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@up.example", "sip:bob@up.example")
	call.pass("INVITE", "1", webrtcOffer)
	invite := first.request(sip.INVITE)
	first.respond(invite, 180, "b", "")
	call.p.status(180)
	first.respond(invite, 503, "b", "")
	first.request(sip.ACK)
	call.p.status(503)
	call.pass("ACK", "1", "")
	second.quiet()
	s.settled()
}

// TestPassingCallThatIsAnsweredStays: a server whose first word is final is not left, also if its time is up just then.
func TestPassingCallThatIsAnsweredStays(t *testing.T) {
	for _, status := range []int{200, 407, 486} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			silence := make(chan silenceTimer, 1)
			s := newProxy(t, twoUpstreams(t), silenceClock(silence))
			first, second := s.peer("UDP", upstreamAddress), s.peer("UDP", otherUpstream)
			call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@up.example", "sip:bob@up.example")
			call.pass("INVITE", "1", webrtcOffer)
			first.respond(first.request(sip.INVITE), status, "b", "")
			call.p.status(status)
			timer := within(t, silence, "timer")
			if timer.Stop() {
				t.Error("the server is still waited for")
			}
			timer.work()
			s.close() // waits for what the timer began
			second.quiet()
		})
	}
}

// TestSilenceEndsWithTheAgent: what follows a silence is not begun any more once the agent waits for its goroutines.
func TestSilenceEndsWithTheAgent(t *testing.T) {
	silence := make(chan silenceTimer, 1)
	s := newProxy(t, twoUpstreams(t), silenceClock(silence))
	first, second := s.peer("UDP", upstreamAddress), s.peer("UDP", otherUpstream)
	call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@up.example", "sip:bob@up.example")
	call.pass("INVITE", "1", webrtcOffer)
	first.request(sip.INVITE)
	timer := within(t, silence, "timer")
	s.agent.crew.mu.Lock()
	s.agent.crew.closed = true
	s.agent.crew.mu.Unlock()
	timer.work()
	second.quiet()
}

// silenceTimer is the timer of a server that says nothing, and what it does.
type silenceTimer struct {
	*time.Timer

	work func()
}

// silenceClock hands those timers over. None runs out by itself.
func silenceClock(timers chan<- silenceTimer) func(*Options, *Agent) {
	const silence = 5*time.Second + time.Nanosecond // no other timer has it
	return func(options *Options, agent *Agent) {
		options.Silence = silence
		agent.after = func(delay time.Duration, work func()) *time.Timer {
			if delay != silence {
				return time.AfterFunc(delay, work)
			}
			timer := time.AfterFunc(time.Hour, work)
			timers <- silenceTimer{timer, work}
			return timer
		}
	}
}

// TestPassingCallIsCanceledAtTheSecondServer: a CANCEL goes where the INVITE is now.
func TestPassingCallIsCanceledAtTheSecondServer(t *testing.T) {
	s := newProxy(t, twoUpstreams(t))
	first, second := s.peer("UDP", upstreamAddress), s.peer("UDP", otherUpstream)
	call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@up.example", "sip:bob@up.example")
	call.pass("INVITE", "1", webrtcOffer)
	first.respond(first.request(sip.INVITE), 503, "b", "")
	first.request(sip.ACK)
	invite := second.request(sip.INVITE)
	second.respond(invite, 180, "b", "")
	call.p.status(180)
	call.pass("CANCEL", "1", "")
	call.p.status(200)
	second.respond(second.request(sip.CANCEL), 200, "b", "")
	second.respond(invite, 487, "b", "")
	second.request(sip.ACK)
	call.p.status(487)
	call.pass("ACK", "1", "")
	first.quiet()
	s.settled()
}

// TestPassingCallsAreCounted: those of one user, with his bridged ones.
func TestPassingCallsAreCounted(t *testing.T) {
	const bridged = 2
	s := newProxy(t, func(options *Options, _ *Agent) {
		options.MayPlace = func(user string, passing int) bool {
			return user != "alice@local.example" || bridged+passing < 3
		}
	})
	bob := bobRegisters(s, "192.0.2.20:5070")
	call := passing(s, s.peer("WS", "192.0.2.9:5070"), "alice@local.example", "sip:bob@local.example")
	call.pass("INVITE", "1", webrtcOffer)
	invite := bob.request(sip.INVITE)
	second := passing(s, call.p, "alice@local.example", "sip:bob@local.example")
	second.callID, second.branch = "second@test", 40
	second.pass("INVITE", "1", webrtcOffer)
	call.p.status(503)
	second.pass("ACK", "1", "")
	if passing := s.agent.ProxiedCalls("alice@local.example"); passing != 1 {
		t.Errorf("%d calls pass through", passing)
	}
	bob.respond(invite, 486, "b", "")
	bob.request(sip.ACK)
	call.p.status(486)
	call.pass("ACK", "1", "")
	if passing := s.agent.ProxiedCalls("alice@local.example"); passing != 0 {
		t.Errorf("%d calls are left", passing)
	}
	s.settled()
}
