package sipua

import (
	"strings"
	"testing"
)

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
