package sipua

import (
	"log/slog"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// telling tells whose media are made.
func telling(tell func(MediaParty)) func(*Options, *Agent) {
	return func(options *Options, _ *Agent) {
		open := options.Media
		options.Media = func(party MediaParty, events bridge.MediaEvents, log *slog.Logger) (MediaSession, error) {
			tell(party)
			return open(party, events, log)
		}
	}
}

// TestPhonesThatWantICE say so when they register (RFC 5768).
func TestPhonesThatWantICE(t *testing.T) {
	made := make(chan bool, 8)
	s := newSetup(t, telling(func(party MediaParty) { made <- party.WantsICE }))
	for name, test := range map[string]struct {
		remote, params string
		want           bool
	}{
		"bob":   {"192.0.2.30:1", ";+sip.ice", true},
		"carol": {"192.0.2.30:2", `;+sip.ice="FALSE"`, false},
		"alice": {"192.0.2.30:3", "", false},
	} {
		p := s.registeredWith(name, "TCP", test.remote, test.params)
		targets, _ := s.agent.Lookup(name, "local.example")
		if len(targets) != 1 {
			t.Fatalf("%s has %d devices", name, len(targets))
		}
		leg := targets[0].Endpoint.Dial(bridge.Request{
			From: bridge.Party{URI: "sip:x@local.example"}, To: "sip:" + name + "@local.example",
		})
		p.respond(p.request(sip.INVITE), 486, "", "")
		p.request(sip.ACK)
		event[bridge.Ended](t, leg)
		if got := within(t, made, "media"); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	s.settled()
}

// TestServersAreKnownToTheirMedia: the media of a call to or from a trunk or an upstream domain are made for that,
// those of others for nobody.
func TestServersAreKnownToTheirMedia(t *testing.T) {
	made := make(chan string, 8)
	s := newSetup(t, withTrunk(t, nil), telling(func(party MediaParty) { made <- party.Server }))
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
