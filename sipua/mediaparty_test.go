package sipua

import (
	"log/slog"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// TestServersAreKnownToTheirMedia: the media of a call to or from a trunk or an upstream domain are made for that,
// those of others for nobody.
func TestServersAreKnownToTheirMedia(t *testing.T) {
	made := make(chan string, 8)
	s := newSetup(t, withTrunk(t, nil), func(options *Options, _ *Agent) {
		open := options.Media
		options.Media = func(party MediaParty, events bridge.MediaEvents, log *slog.Logger) (MediaSession, error) {
			if open == nil { // the tweak for the agent
				return noMedia{}, nil
			}
			made <- party.Server
			return open(party, events, log)
		}
	})
	for remote, want := range map[string]string{
		carrierAddress: "carrier", upstreamAddress: "up.example", "192.0.2.9:5070": "",
	} {
		p := s.peer("UDP", remote)
		script := newScript(p)
		script.callID = remote
		p.say("sdp", script.lines("INVITE", "1")...)
		s.nextAsked()
		p.status(480)
		if got := within(t, made, "media"); got != want {
			t.Errorf("a call from %s: media for %q", remote, got)
		}
	}
	server := s.peer("UDP", upstreamAddress)
	leg := s.agent.UpstreamEndpoint(s.agent.options.Domains.Upstreams[0]).Dial(bridge.Request{
		From: bridge.Party{URI: "sip:a@up.example"}, To: "sip:b@up.example",
	})
	server.respond(server.request(sip.INVITE), 486, "", "")
	server.request(sip.ACK)
	event[bridge.Ended](t, leg)
	if got := within(t, made, "media"); got != "up.example" {
		t.Errorf("a call to the domain: media for %q", got)
	}
	s.settled()
}
