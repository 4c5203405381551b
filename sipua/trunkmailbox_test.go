package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// TestMailboxOfANumber: a trunk tells of the mailbox of a number, which the routes give to a user.
func TestMailboxOfANumber(t *testing.T) {
	var s *setup
	s = newSetup(t, swift, withTrunk(t, nil), func(options *Options, _ *Agent) {
		toAlice := func(request bridge.Request) bridge.Request {
			if request.Trunk == "carrier" && request.To == "sip:+4930@local.example" {
				request.To = "sip:alice@local.example"
			} else {
				request.To = "sip:nobody@local.example"
			}
			return request
		}
		options.Route = func(request bridge.Request) ([]bridge.Target, error) { return s.agent.routeHome(toAlice(request)) }
		options.Owner = func(request bridge.Request) (string, string, bool) { return ownerByAddress(toAlice(request)) }
	})
	alice, carrier := s.agentPeer("alice", "192.0.2.9:1"), s.peer("UDP", carrierAddress)
	held, _ := s.subscribe(alice, "alice", "alice", "message-summary")
	carrier.sayRaw(summary, unsolicited(carrier, "sip:004930@192.0.2.1", "1")...)
	carrier.status(200)
	if news := held.told(); !strings.Contains(string(news.Body()), "Voice-Message: 3/1") {
		t.Errorf("told %s", news.Body())
	}
	phone := s.registered("alice", "UDP", "192.0.2.9:5070") // does not subscribe, and gets it as it is
	carrier.sayRaw(summary, unsolicited(carrier, "sip:004930@192.0.2.1", "2")...)
	carrier.status(200)
	if news := phone.request(sip.NOTIFY); string(news.Body()) != summary {
		t.Errorf("the phone gets %s", news)
	}
	phone.respond(phone.last(sip.NOTIFY), 200, "b", "")
	held.told()
	carrier.sayRaw(summary, unsolicited(carrier, "sip:004931@192.0.2.1", "3")...)
	carrier.status(404)
	s.settled()
}

// TestMailboxAtATrunk: a trunk tells of the mailbox of the user whom it names, and nobody else does.
func TestMailboxAtATrunk(t *testing.T) {
	s := newSetup(t, swift, withTrunk(t, nil))
	alice, carrier := s.agentPeer("alice", "192.0.2.9:1"), s.peer("UDP", carrierAddress)
	held, _ := s.subscribe(alice, "alice", "alice", "message-summary")
	carrier.sayRaw(summary, unsolicited(carrier, "sip:alice@192.0.2.1", "1")...)
	carrier.status(200)
	if news := held.told(); !strings.Contains(string(news.Body()), "Voice-Message: 3/1") {
		t.Errorf("told %s", news.Body())
	}
	carrier.sayRaw(summary, unsolicited(carrier, "sip:nobody@192.0.2.1", "2")...)
	carrier.status(404)
	stranger := s.peer("UDP", "192.0.2.66:5060")
	stranger.sayRaw(summary, unsolicited(stranger, "sip:alice@192.0.2.1", "3")...)
	stranger.status(481)
	alice.quiet()
	s.settled()
}
