package sipua

import (
	"os"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
)

// capturedBreakerInvite is what sipML5 sent in its RTCWeb-breaker mode, for alice of example.org.
func capturedBreakerInvite(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/sipml5-breaker-invite.sip")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// breakerServer is the outbound proxy of the captured call.
const breakerServer = "192.168.0.12:5060"

// exampleOrg makes the upstream server that of the captured call.
func exampleOrg(logins bool) func(*Options, *Agent) {
	return func(options *Options, _ *Agent) {
		for i := range options.Domains.Upstreams {
			options.Domains.Upstreams[i].Domain = "example.org"
			options.Domains.Upstreams[i].Logins = logins
			options.Domains.Upstreams[i].NextHops = []sip.Uri{{Scheme: "sip", Host: "192.168.0.12"}}
		}
	}
}

// bridged dials what a browser's leg asked for.
func (s *setup) bridged(leg bridge.Incoming) bridge.Leg {
	s.t.Helper()
	return s.agent.UpstreamEndpoint(s.agent.options.Domains.Upstreams[0]).Dial(leg.Request())
}

// The hash that sipML5 sends along answers the server's challenges to the INVITE and to what follows in the call, and
// is in nothing that leaves.
func TestBreakerLoginCalls(t *testing.T) {
	s := newSetup(t, exampleOrg(true))
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", breakerServer)
	p.agent.Receive(p, capturedBreakerInvite(t))
	caller := within(t, s.incoming, "call")
	callee := s.bridged(caller)
	const challenge = `Digest realm="example.org", nonce="n", qop="auth"`
	invite := server.request(sip.INVITE)
	server.respond(invite, 407, "srv", "", "Proxy-Authenticate: "+challenge)
	server.request(sip.ACK)
	invite = server.request(sip.INVITE)
	if given := invite.GetHeader("Proxy-Authorization"); given == nil ||
		!strings.Contains(given.Value(), `username="alice"`) ||
		!strings.Contains(given.Value(), `uri="sip:bob@example.org"`) {
		t.Fatalf("credentials %v", given)
	}
	server.respond(invite, 200, "srv", "pcmu sendrecv")
	server.request(sip.ACK)
	event[bridge.Answered](t, callee)
	callee.Hangup(bridge.Normal())
	bye := server.request(sip.BYE)
	server.respond(bye, 401, "", "", "WWW-Authenticate: "+challenge)
	bye = server.request(sip.BYE)
	if bye.GetHeader("Authorization") == nil {
		t.Error("the BYE has no credentials")
	}
	server.respond(bye, 200, "", "")
	event[bridge.Ended](t, callee)
	caller.Hangup(bridge.Normal())
	for _, sent := range server.seen {
		if text := sent.String(); strings.Contains(text, "ha1") || strings.Contains(text, "impi") ||
			strings.Contains(text, "543e1aec") {
			t.Errorf("it left: %s", text)
		}
	}
}

// Where the hash may not be used, or is for another realm, the challenge goes to the browser.
func TestBreakerLoginThatIsNotUsed(t *testing.T) {
	for name, test := range map[string]struct {
		logins bool
		realm  string
	}{"not allowed": {false, "example.org"}, "another realm": {true, "asterisk"}} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, exampleOrg(test.logins))
			p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", breakerServer)
			p.agent.Receive(p, capturedBreakerInvite(t))
			caller := within(t, s.incoming, "call")
			callee := s.bridged(caller)
			server.respond(server.request(sip.INVITE), 407, "srv", "",
				`Proxy-Authenticate: Digest realm="`+test.realm+`", nonce="n"`)
			server.request(sip.ACK)
			ended := event[bridge.Ended](t, callee)
			if ended.Cause.Status != 407 {
				t.Errorf("cause %+v", ended.Cause)
			}
			caller.Hangup(ended.Cause)
			if p.status(407).GetHeader("Proxy-Authenticate") == nil {
				t.Error("the browser hears no challenge")
			}
		})
	}
}

// A login is of no use at another server than the user's own.
func TestBreakerLoginStaysHome(t *testing.T) {
	s := newSetup(t, exampleOrg(true))
	p := s.peer("WS", "192.0.2.9:5070")
	p.agent.Receive(p, capturedBreakerInvite(t))
	caller := within(t, s.incoming, "call")
	other := s.peer("UDP", "192.0.2.51:5060")
	upstream, err := ParseUpstream("other.example", "sip:192.0.2.51")
	if err != nil {
		t.Fatal(err)
	}
	callee := s.agent.UpstreamEndpoint(upstream).Dial(caller.Request())
	other.respond(other.request(sip.INVITE), 407, "srv", "", `Proxy-Authenticate: Digest realm="example.org", nonce="n"`)
	other.request(sip.ACK)
	if ended := event[bridge.Ended](t, callee); ended.Cause.Status != 403 {
		t.Errorf("cause %+v", ended.Cause)
	}
	caller.Hangup(bridge.Cause{Status: 480})
	p.status(480)
}
