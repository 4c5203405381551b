package sipua

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/bridge/toll"
)

// toCarrier routes everything to the trunk, and what it says to bob.
func toCarrier(s **setup) func(*Options, *Agent) {
	return func(options *Options, _ *Agent) {
		options.Route = func(request bridge.Request) ([]bridge.Target, error) {
			if request.Trunk == "carrier" {
				request.To = "sip:bob@local.example"
				return (*s).agent.routeHome(request)
			}
			return []bridge.Target{{Endpoint: (*s).agent.TrunkEndpoints()["carrier"], URI: request.To}}, nil
		}
	}
}

// TestMessageToATrunk: the number is rewritten, the sender is shown, challenges are answered, and dialing rules count.
func TestMessageToATrunk(t *testing.T) {
	var s *setup
	s = newSetup(t, withTrunk(t, nil), toCarrier(&s))
	carrier, alice := s.peer("UDP", carrierAddress), s.registered("alice", "WS", "192.0.2.9:1")
	say := func(sequence int, to string) {
		alice.sayRaw(text, localOf(alice, "alice", "MESSAGE", to, sequence, "Content-Type: text/plain;charset=utf-8")...)
	}
	say(1, "sip:+49-30(1)@local.example")
	message := carrier.request(sip.MESSAGE)
	if message.Recipient.String() != "sip:0049301@carrier.test" || message.To().Address.User != "0049301" ||
		message.From().Address.String() != "sip:alice@us.test" || string(message.Body()) != text {
		t.Errorf("the MESSAGE is\n%s", message)
	}
	again := challengedOnce(carrier, message, 401, askForCredentials)
	mustProve(t, again, "Authorization")
	if again.CSeq().SeqNo != 2 || string(again.Body()) != text || again.CallID().Value() != message.CallID().Value() {
		t.Errorf("the second MESSAGE is\n%s", again)
	}
	carrier.respondOnly(again, 202)
	alice.status(200)

	say(2, "sip:0900@local.example") // no rule allows it
	alice.status(403)
	say(3, "sip:+1@local.example")
	carrier.respondOnly(carrier.request(sip.MESSAGE), 404, "Reason: Q.850;cause=1", "Server: Inner/1.0")
	if refused := alice.status(404); refused.GetHeader("Reason") == nil || refused.GetHeader("Server") != nil {
		t.Errorf("answer\n%s", refused)
	}
	eventually(t, "its place is not given back", func() bool { return s.agent.options.Dialing.Stats().Active == 0 })
	if stats := s.agent.options.Dialing.Stats(); stats.Admitted != 2 || stats.Forbidden != 1 {
		t.Errorf("it counted %+v", stats)
	}
	carrier.quiet()
}

// TestMessageHasOneDeadline: an answer to a challenge has what is left of the time, and not all of it again.
func TestMessageHasOneDeadline(t *testing.T) {
	var s *setup
	waits := make(chan time.Duration, 64)
	s = newSetup(t, withTrunk(t, nil), toCarrier(&s), func(_ *Options, agent *Agent) {
		agent.after = func(delay time.Duration, work func()) *time.Timer {
			if delay > textPatience/2 && delay <= textPatience {
				waits <- delay
			}
			return time.AfterFunc(delay, work)
		}
	})
	carrier, alice := s.peer("UDP", carrierAddress), s.registered("alice", "WS", "192.0.2.9:1")
	alice.sayRaw(text, localOf(alice, "alice", "MESSAGE", "sip:+49301@local.example", 1, "Content-Type: text/plain")...)
	carrier.respondOnly(challengedOnce(carrier, carrier.request(sip.MESSAGE), 401, askForCredentials), 202)
	alice.status(200)
	var all []time.Duration
	for len(waits) > 0 {
		all = append(all, <-waits)
	}
	if len(all) != 4 || all[0] >= textPatience || all[2] >= all[1] || all[3] >= all[1] {
		t.Errorf("it waits for %v", all)
	}
}

// TestMessageFromATrunk: the routes say whom it is for, and the sender is shown as somebody to be called back.
func TestMessageFromATrunk(t *testing.T) {
	var s *setup
	s = newSetup(t, withTrunk(t, nil), toCarrier(&s))
	carrier, bob := s.peer("UDP", carrierAddress), s.registered("bob", "WS", "192.0.2.9:1")
	request := plain(carrier, "MESSAGE", "sip:004930@192.0.2.1")
	for i, line := range request {
		if len(line) > 6 && line[:6] == "From: " {
			request[i] = "From: <sip:0043@carrier.test>;tag=far"
		}
	}
	carrier.sayRaw("hello", request...)
	message := bob.request(sip.MESSAGE)
	if message.From().Address.User != "+43" || message.To().Address.String() != "sip:bob@local.example" {
		t.Errorf("bob gets\n%s", message)
	}
	bob.respond(message, 200, "b", "")
	carrier.status(200)
	s.settled()
}

// TestMessageThatNobodyTakes: what is called may be no phone.
func TestMessageThatNobodyTakes(t *testing.T) {
	s := newSetup(t, func(options *Options, _ *Agent) {
		options.Route = func(request bridge.Request) ([]bridge.Target, error) {
			if request.To == "sip:full@local.example" {
				return nil, bridge.Cause{Status: 503, Err: toll.ErrUserLimit}
			}
			return []bridge.Target{{URI: request.To}}, nil
		}
	})
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	for to, status := range map[string]int{"sip:echo@local.example": 488, "sip:full@local.example": 503} {
		alice.sayRaw("hello", localOf(alice, "alice", "MESSAGE", to, status)...)
		alice.status(status)
	}
	s.settled()
}
