package sipua

import (
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
)

// registerWithPath sends the browser's REGISTER and lets the server answer it as one that has Path.
func (s *setup) registerWithPath(p, server *peer, sequence int) *sip.Request {
	s.t.Helper()
	p.say("", browserOf("REGISTER", "sip:up.example", sequence, "Contact: "+browserContact,
		"Supported: path, outbound")...)
	request := server.request(sip.REGISTER)
	contact := message.Contact(request)
	path := request.GetHeader("Path")
	if path == nil {
		s.t.Fatalf("no Path in %s", request)
	}
	server.respond(request, 200, "srv", "", "Contact: "+bare(contact)+";expires=300", "Path: "+path.Value(),
		"Require: outbound")
	p.status(200)
	return request
}

// pathURI is what a request has as its Route that goes by the Path of a REGISTER.
func pathURI(request *sip.Request) string { return request.GetHeader("Path").Value() }

// The first REGISTER has a token and a Path; once the server has shown that it has Path, it gets the browser's own
// Contact, and the token is taken back.
func TestPathIsUsedOnceItIsKnown(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	first := s.registerWithPath(p, server, 1)
	token := message.Contact(first).Address.User
	if want := "<sip:" + token + "@192.0.2.1:5060;lr;ob>"; pathURI(first) != want {
		t.Errorf("Path %s, want %s", pathURI(first), want)
	}
	second := s.registerWithPath(p, server, 2)
	contacts := second.GetHeaders("Contact")
	if len(contacts) != 2 || contacts[0].Value() != browserContact ||
		contacts[1].Value() != "<sip:"+token+"@192.0.2.1:5060>;expires=0" {
		t.Errorf("contacts %v", contacts)
	}
	third := s.registerWithPath(p, server, 3)
	if contacts := third.GetHeaders("Contact"); len(contacts) != 1 || contacts[0].Value() != browserContact {
		t.Errorf("contacts %v", contacts)
	}

	// A call comes for the Contact by the Path, and goes down the flow.
	call := newScript(server)
	call.requestURI = "sip:abc@df7.invalid;transport=ws"
	server.say("sdp", call.lines("INVITE", "1", "Route: "+pathURI(third))...)
	leg := within(t, s.incoming, "call")
	targets, known := s.agent.Lookup(token, "up.example")
	if asked := leg.Request(); asked.To != "sip:"+token+"@up.example" || !known || len(targets) != 1 {
		t.Errorf("to %q: %v, %v", asked.To, targets, known)
	}
	leg.Hangup(bridge.Cause{Status: 486})
	server.status(486)

	p.Close()
	s.agent.FlowClosed(p)
	call.callID = "late"
	server.say("sdp", call.lines("INVITE", "2", "Route: "+pathURI(third))...)
	server.status(430)
	server.say("", plain(server, "MESSAGE", "sip:abc@df7.invalid", "Route: "+pathURI(third))...)
	server.status(430)
	s.settled()
}

// Somebody else who learns a Path gets nowhere by it.
func TestPathIsTheServersOnly(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	request := s.registerWithPath(p, server, 1)
	stranger := s.peer("UDP", "192.0.2.66:5060")
	call := newScript(stranger)
	call.requestURI = "sip:abc@df7.invalid;transport=ws"
	stranger.say("sdp", call.lines("INVITE", "1", "Route: "+pathURI(request))...)
	leg := within(t, s.incoming, "call")
	if asked := leg.Request(); asked.To != "sip:abc@df7.invalid" || asked.Origin != bridge.OriginUnknown {
		t.Errorf("asked %+v", asked)
	}
	leg.Hangup(bridge.Cause{Status: 404})
	stranger.status(404)
	p.quiet()
}

// A browser that does not name its device is only known by a token: sipML5 has the same Contact everywhere.
func TestNoPathWithoutADevice(t *testing.T) {
	for name, lines := range map[string][]string{
		"without instance": {"Contact: <sip:abc@df7.invalid;transport=ws>;expires=600", "Supported: path"},
		"without reg-id":   {`Contact: <sip:abc@df7.invalid>;+sip.instance="<urn:uuid:1>"`, "Supported: path"},
		"without Path":     {"Contact: " + browserContact, "Supported: outbound"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
			s.registerWithPath(s.peer("WS", "192.0.2.10:5070"), server, 90) // the server has it
			p.say("", browserOf("REGISTER", "sip:up.example", 1, lines...)...)
			request := server.request(sip.REGISTER)
			if contact := message.Contact(request); request.GetHeader("Path") != nil || contact.Address.Host != "192.0.2.1" {
				t.Errorf("sent %s", request)
			}
			server.respond(request, 403, "srv", "")
			p.status(403)
		})
	}
}

// A server that does not know Path says so with 420, and gets the REGISTER as it likes it.
func TestServerThatRefusesPath(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact, "Supported: path")...)
	server.respond(server.request(sip.REGISTER), 420, "srv", "", "Unsupported: path")
	again := server.request(sip.REGISTER)
	if again.GetHeader("Path") != nil {
		t.Error("Path again")
	}
	server.respond(again, 420, "srv", "", "Unsupported: foo")
	p.status(420)
}

// A server that has lost its knowledge of Path has a Contact that leads nowhere: the browser is to come again soon.
func TestServerThatForgetsPath(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	s.registerWithPath(s.peer("WS", "192.0.2.10:5070"), server, 90)
	p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact, "Supported: path")...)
	request := server.request(sip.REGISTER)
	server.respond(request, 200, "srv", "", "Contact: "+bare(message.Contact(request))+";expires=300")
	if left, _ := message.Contact(p.status(200)).Params.Get("expires"); left != "10" {
		t.Errorf("it comes again in %s seconds", left)
	}
	p.say("", browserOf("REGISTER", "sip:up.example", 2, "Contact: "+browserContact, "Supported: path")...)
	request = server.request(sip.REGISTER)
	if message.Contact(request).Address.Host != "192.0.2.1" {
		t.Errorf("contact %s", bare(message.Contact(request)))
	}
	server.respond(request, 403, "srv", "")
	p.status(403)
}

// Guessing an upstream server's passwords through us ends soon, for the one who guesses.
func TestGuessingUpstreamPasswords(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	other := s.peer("WS", "192.0.2.10:5070")
	const guess = `Authorization: Digest username="alice", realm="up.example", nonce="n", uri="sip:x", response="0"`
	const tries = 5 // as many as at our own registrar
	for i := range tries {
		p.say("", browserOf("REGISTER", "sip:up.example", 1+i, "Contact: "+browserContact, guess)...)
		server.respond(server.request(sip.REGISTER), 401, "srv", "", `WWW-Authenticate: Digest realm="up.example", nonce="n"`)
		p.status(401)
	}
	p.say("", browserOf("REGISTER", "sip:up.example", 20, "Contact: "+browserContact, guess)...)
	if again := p.status(403).GetHeader("Retry-After"); again == nil || again.Value() != "30" {
		t.Errorf("Retry-After %v", again)
	}
	server.quiet()
	other.say("", browserOf("REGISTER", "sip:up.example", 21, "Contact: "+browserContact, guess)...)
	request := server.request(sip.REGISTER)
	server.respond(request, 401, "srv", "", `WWW-Authenticate: Digest realm="up.example", nonce="n", stale=true`)
	other.status(401)
}

func TestRegisterFloodUpstream(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	const burst = 100
	refused := 0
	for i := range burst + 50 {
		p.say("", browserOf("REGISTER", "sip:up.example", 1+i, "Contact: "+browserContact)...)
	}
	for len(p.sent) > 0 {
		p.status(503)
		refused++
	}
	passed := s.agent.Stats().Relayed
	if refused < 40 || uint64(refused)+passed != burst+50 {
		t.Errorf("%d passed, %d were refused", passed, refused)
	}
	for range passed {
		server.respond(server.request(sip.REGISTER), 403, "srv", "")
	}
	for range passed {
		p.status(403)
	}
}

// What sipML5 adds for a gateway answers the server's challenge where that is configured, and never leaves.
func TestBreakerLoginRegisters(t *testing.T) {
	const contact = `<sip:alice@df7jal23ls0d.invalid;rtcweb-breaker=yes;transport=ws>;expires=200;impi=al%69ce;` +
		`ha1=543e1aec5d3614f03141652d6ada51b2`
	for name, test := range map[string]struct {
		allowed  bool
		realm    string
		answered bool
	}{
		"allowed":       {true, "up.example", true},
		"not allowed":   {false, "up.example", false},
		"another realm": {true, "asterisk", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, func(options *Options, _ *Agent) {
				for i := range options.Domains.Upstreams {
					options.Domains.Upstreams[i].Logins = test.allowed
				}
			})
			p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
			p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+contact)...)
			request := server.request(sip.REGISTER)
			challenge := `WWW-Authenticate: Digest realm="` + test.realm + `", nonce="n", qop="auth"`
			server.respond(request, 401, "srv", "", challenge)
			if test.answered {
				request = server.request(sip.REGISTER)
				credentials := request.GetHeader("Authorization")
				if credentials == nil || !strings.Contains(credentials.Value(), `username="alice"`) {
					t.Errorf("credentials %v", credentials)
				}
				server.respond(request, 401, "srv", "", challenge) // wrong: it is not tried again
			}
			p.status(401)
			for _, sent := range server.seen {
				if text := sent.String(); strings.Contains(text, "ha1") || strings.Contains(text, "impi") {
					t.Errorf("it left: %s", text)
				}
			}
		})
	}
}

// Of two challenges a browser gets the one that it can answer.
func TestChallengesForBrowsers(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact)...)
	server.respond(server.request(sip.REGISTER), 401, "srv", "",
		`WWW-Authenticate: Digest realm="up.example", nonce="n", algorithm=SHA-256, qop="auth"`,
		`WWW-Authenticate: Digest realm="up.example", nonce="n", algorithm=MD5, qop="auth,auth-int"`)
	challenges := p.status(401).GetHeaders("WWW-Authenticate")
	want := `Digest realm="up.example", nonce="n", algorithm=MD5, qop="auth"`
	if len(challenges) != 1 || challenges[0].Value() != want {
		t.Errorf("challenges %v", challenges)
	}
}

// A login that comes to our own registrar stays out of what other devices see.
func TestBreakerLoginIsNotKept(t *testing.T) {
	s := newSetup(t, tokens(t))
	p := s.peer("WS", "192.0.2.9:5070")
	lines := localRegister("alice", 1, "Authorization: Bearer "+tokenOf(t, "alice", 3600e9))
	for i, line := range lines {
		if strings.HasPrefix(line, "Contact:") {
			lines[i] = line + ";impi=alice;ha1=543e1aec5d3614f03141652d6ada51b2"
		}
	}
	p.say("", lines...)
	if contact := p.status(200).GetHeader("Contact").Value(); strings.Contains(contact, "ha1") ||
		strings.Contains(contact, "impi") {
		t.Errorf("the 200 has %s", contact)
	}
}

// A phone behind an edge proxy is reached by the proxies of its REGISTER; the proxy's connection speaks for nobody.
func TestPhoneBehindAProxy(t *testing.T) {
	s := newSetup(t, tokens(t))
	proxy := s.peer("TCP", "192.0.2.9:5070")
	register := localRegister("alice", 1, "Authorization: Bearer "+tokenOf(t, "alice", 3600e9), "Supported: path",
		"Path: <sip:edge@192.0.2.9:5070;transport=tcp;lr>")
	register = slices.Insert(register, 2, "Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKphone")
	proxy.say("", register...)
	proxy.status(200)
	if user := s.agent.users.Of(proxy); user != "" {
		t.Errorf("the proxy speaks for %s", user)
	}
	targets, _ := s.agent.Lookup("alice", "local.example")
	leg := targets[0].Endpoint.Dial(bridge.Request{From: bridge.Party{URI: "sip:bob@local.example"}, To: targets[0].URI})
	invite := proxy.request(sip.INVITE)
	if route := invite.GetHeader("Route"); route == nil || route.Value() != "<sip:edge@192.0.2.9:5070;transport=tcp;lr>" ||
		invite.Recipient.Host != "x.invalid" {
		t.Errorf("sent %s", invite)
	}
	proxy.respond(invite, 486, "a", "")
	proxy.request(sip.ACK)
	event[bridge.Ended](t, leg)

	bob := s.peer("WS", "192.0.2.10:1")
	s.agent.users.Set(bob, "bob@local.example")
	message := plain(bob, "MESSAGE", "sip:alice@local.example")
	message[3] = "From: <sip:bob@local.example>;tag=x"
	bob.say("", message...)
	if route := proxy.request(sip.MESSAGE).GetHeader("Route"); route == nil {
		t.Error("a MESSAGE takes another way")
	}
	proxy.respond(proxy.last(sip.MESSAGE), 200, "a", "")
	bob.status(200)
}
