package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// TestSipsIsNeverDowngraded: who asks for sips reaches a phone over TLS, and none over TCP or UDP (RFC 5630 section
// 3.1).
func TestSipsIsNeverDowngraded(t *testing.T) {
	s := newSetup(t)
	for word, works := range map[string]bool{"TLS": true, "TCP": false, "UDP": false} {
		phone := s.registered("bob-"+word, word, "192.0.2.9:5070")
		targets, known := s.agent.Lookup("bob-"+word, "local.example")
		if !known || len(targets) != 1 {
			t.Fatalf("%s: %d devices", word, len(targets))
		}
		offer := pcmu()
		leg := targets[0].Endpoint.Dial(bridge.Request{
			From: bridge.Party{URI: "sip:alice@local.example"}, To: targets[0].URI, Offer: &offer, Secure: true,
		})
		if works {
			phone.respond(phone.request(sip.INVITE), 486, "p", "")
			phone.request(sip.ACK)
		}
		want := 480
		if works {
			want = 486
		}
		if ended := event[bridge.Ended](t, leg); ended.Cause.Status != want {
			t.Errorf("%s: %v", word, ended.Cause)
		}
		if !works {
			phone.quiet()
		}
	}
	s.settled()
}

// TestSipsNextHops: a server reached by anything but TLS gets no secure call.
func TestSipsNextHops(t *testing.T) {
	s := newSetup(t)
	server := s.peer("UDP", "192.0.2.20:5060")
	offer := pcmu()
	leg := s.agent.Gateway().Dial(bridge.Request{
		From: bridge.Party{URI: "sip:alice@local.example"}, To: "sip:phone@192.0.2.20", Offer: &offer, Secure: true,
	})
	if ended := event[bridge.Ended](t, leg); ended.Cause.Status != 480 {
		t.Errorf("ended with %v", ended.Cause)
	}
	server.quiet()
	s.settled()
}
