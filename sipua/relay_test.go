package sipua

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/transport"
)

const upstreamAddress = "192.0.2.50:5060"

// browserOf are the lines of a request outside dialogs of alice of up.example.
func browserOf(method, uri string, sequence int, extra ...string) []string {
	return append([]string{
		method + " " + uri + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/WS df7.invalid;branch=z9hG4bK%s%d", method, sequence),
		"Max-Forwards: 69", "From: <sip:alice@up.example>;tag=x", "To: <sip:alice@up.example>",
		"Call-ID: " + strings.ToLower(method) + "-call", fmt.Sprintf("CSeq: %d %s", sequence, method),
	}, extra...)
}

const browserContact = `<sip:abc@df7.invalid;transport=ws>;+sip.instance="<urn:uuid:1>";reg-id=1;expires=600`

// registerUpstream registers the browser for alice at the upstream server, and gives the Contact that the server got.
func (s *setup) registerUpstream(p, server *peer, sequence int) *sip.ContactHeader {
	s.t.Helper()
	p.say("", browserOf("REGISTER", "sip:up.example", sequence, "Contact: "+browserContact)...)
	request := server.request(sip.REGISTER)
	contact := message.Contact(request)
	server.respond(request, 200, "srv", "", "Contact: "+bare(contact)+";expires=300")
	p.status(200)
	return contact
}

// bare is a contact without parameters.
func bare(contact *sip.ContactHeader) string { return "<" + contact.Address.String() + ">" }

func TestRegisterPassesThroughWithItsChallenge(t *testing.T) {
	var trace bytes.Buffer
	s := newSetup(t, func(options *Options, _ *Agent) {
		options.Trace = func(_ string, _ transport.Flow, message []byte) { trace.Write(message) }
	})
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	register := browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact, "Supported: path, outbound",
		"Route: <sip:192.0.2.1;lr>", "P-Asserted-Identity: <sip:boss@up.example>", "X-Client: yes")
	p.say("", register...)
	request := server.request(sip.REGISTER)
	contact := message.Contact(request)
	if len(request.GetHeaders("Via")) != 1 || request.Via().Host != "192.0.2.1" || request.MaxForwards().Val() != 68 {
		t.Errorf("hop: %s", request)
	}
	if contact.Address.Host != "192.0.2.1" || contact.Address.User == "abc" || contact.Params.Has("reg-id") ||
		contact.Params.Has("+sip.instance") {
		t.Errorf("contact %v", contact.Value())
	}
	for _, name := range []string{"Route", "P-Asserted-Identity"} {
		if request.GetHeader(name) != nil {
			t.Errorf("%s crossed", name)
		}
	}
	if request.GetHeader("X-Client") == nil || request.GetHeader("Supported") == nil {
		t.Errorf("lost: %s", request)
	}
	server.respond(request, 100, "", "")
	server.respond(request, 401, "srv", "", `WWW-Authenticate: Digest realm="up.example", nonce="n"`)
	refused := p.status(401)
	if refused.GetHeader("WWW-Authenticate") == nil || message.Tag(refused) != "srv" ||
		len(refused.GetHeaders("Via")) != 1 {
		t.Errorf("challenge %s", refused)
	}
	if s.agent.relay.BindingsOf("alice@up.example") != nil || s.agent.users.Of(p) != "" {
		t.Error("bound without the server's word")
	}

	const secret = `Digest username="alice", response="0123456789abcdef"`
	p.say("", browserOf("REGISTER", "sip:up.example", 2, "Contact: "+browserContact, "Authorization: "+secret)...)
	request = server.request(sip.REGISTER)
	if got := request.GetHeader("Authorization"); got == nil || got.Value() != secret {
		t.Errorf("credentials %v", got)
	}
	server.respond(request, 200, "srv", "",
		"Contact: <sip:phone@192.0.2.77>;expires=1000", "Contact: "+bare(message.Contact(request))+";expires=120",
		"Path: <sip:x;lr>")
	ok := p.status(200)
	contacts := ok.GetHeaders("Contact")
	if len(contacts) != 1 || contacts[0].Value() != strings.Replace(browserContact, "600", "120", 1) {
		t.Errorf("contacts %v", contacts)
	}
	if ok.GetHeader("Path") != nil {
		t.Error("the server's topology is shown")
	}
	if s.agent.users.Of(p) != "alice@up.example" || len(s.agent.relay.BindingsOf("alice@up.example")) != 1 {
		t.Error("not bound")
	}
	if strings.Contains(trace.String(), "0123456789abcdef") {
		t.Error("the credentials are in the trace")
	}
	s.settled()
}

func TestBindingsAtAnUpstreamServerEnd(t *testing.T) {
	ends := map[string]func(s *setup, p, server *peer){
		"unregister": func(_ *setup, p, server *peer) {
			p.say("", browserOf("REGISTER", "sip:up.example", 2,
				"Contact: "+strings.Replace(browserContact, "600", "0", 1))...)
			server.respond(server.request(sip.REGISTER), 200, "srv", "")
			p.status(200)
		},
		"all": func(s *setup, p, server *peer) {
			p.say("", browserOf("REGISTER", "sip:up.example", 2, "Contact: *", "Expires: 0")...)
			request := server.request(sip.REGISTER)
			if contact := message.Contact(request); contact == nil || !contact.Address.Wildcard {
				s.t.Errorf("contact %v", contact)
			}
			server.respond(request, 200, "srv", "")
			p.status(200)
		},
		"flow lost": func(s *setup, p, _ *peer) {
			p.Close()
			s.agent.FlowClosed(p)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
			contact := s.registerUpstream(p, server, 1)
			end(s, p, server)
			if left := s.agent.relay.BindingsOf("alice@up.example"); left != nil {
				t.Errorf("bindings %v", left)
			}
			if targets, _ := s.agent.Lookup(contact.Address.User, "up.example"); targets != nil {
				t.Error("the token is still good")
			}
			s.settled()
		})
	}
}

func TestCallFromUpstreamReachesTheBrowserOfItsToken(t *testing.T) {
	s := newSetup(t)
	server := s.peer("UDP", upstreamAddress)
	first, second := s.peer("WS", "192.0.2.9:1"), s.peer("WS", "192.0.2.9:2")
	token := s.registerUpstream(first, server, 1).Address.User
	if other := s.registerUpstream(second, server, 1).Address.User; other == token {
		t.Fatal("two browsers have one token")
	}
	if again := s.registerUpstream(first, server, 2).Address.User; again != token {
		t.Error("a refresh changed the token")
	}
	script := newScript(server)
	script.requestURI = "sip:" + token + "@192.0.2.1:5060"
	leg := s.invite(script)
	asked := leg.Request()
	if asked.Trunk != "up.example" || asked.Origin != bridge.OriginUpstream || asked.To != "sip:"+token+"@up.example" {
		t.Fatalf("asked %+v", asked)
	}
	targets, known := s.agent.Lookup(token, asked.Trunk)
	if !known || len(targets) != 1 {
		t.Fatalf("targets %v", targets)
	}
	offer := pcmu()
	asked.Offer, asked.To = &offer, targets[0].URI
	called := targets[0].Endpoint.Dial(asked)
	invite := first.request(sip.INVITE)
	if invite.Recipient.String() != "sip:abc@df7.invalid;transport=ws" {
		t.Errorf("Request-URI %s", invite.Recipient.String())
	}
	second.quiet()
	first.respond(invite, 486, "b", "")
	first.request(sip.ACK)
	event[bridge.Ended](t, called)
	if all, _ := s.agent.Lookup("alice", "up.example"); len(all) != 2 {
		t.Errorf("by name: %v", all)
	}
	if other, _ := s.agent.Lookup(token, "other.example"); other != nil {
		t.Error("a token is good for another server")
	}
}

func TestCallToUpstreamKeepsRequestURIAndCredentials(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	s.registerUpstream(p, server, 1)
	const uri, secret = "sip:bob@up.example;user=phone", `Digest username="alice", response="0123456789abcdef"`
	p.say("sdp", browserOf("INVITE", uri, 1, "Contact: <sip:abc@df7.invalid>", "Proxy-Authorization: "+secret,
		"P-Asserted-Identity: <sip:boss@up.example>")...)
	caller := within(t, s.incoming, "call")
	asked := caller.Request()
	if asked.Origin != bridge.OriginUser || asked.User != "alice@up.example" || asked.To != uri {
		t.Fatalf("asked %+v", asked)
	}
	callee := s.agent.UpstreamEndpoint(s.agent.options.Domains.Upstreams[0]).Dial(asked)
	invite := server.request(sip.INVITE)
	if invite.Recipient.String() != uri || invite.GetHeader("P-Asserted-Identity") != nil {
		t.Errorf("INVITE %s", invite)
	}
	if got := invite.GetHeader("Proxy-Authorization"); got == nil || got.Value() != secret {
		t.Errorf("credentials %v", got)
	}
	server.respond(invite, 407, "srv", "", `Proxy-Authenticate: Digest realm="up.example", nonce="n"`)
	server.request(sip.ACK)
	ended := event[bridge.Ended](t, callee)
	caller.Hangup(ended.Cause)
	if refused := p.status(407); refused.GetHeader("Proxy-Authenticate") == nil {
		t.Error("the challenge is lost")
	}
	other, err := ParseUpstream("other.example", "sip:192.0.2.60:5060")
	if err != nil {
		t.Fatal(err)
	}
	stranger := s.peer("UDP", "192.0.2.60:5060")
	callee = s.agent.UpstreamEndpoint(other).Dial(asked)
	invite = stranger.request(sip.INVITE)
	if invite.GetHeader("Proxy-Authorization") != nil {
		t.Error("another server gets the credentials")
	}
	stranger.respond(invite, 407, "srv", "", `Proxy-Authenticate: Digest realm="up.example", nonce="n"`)
	stranger.request(sip.ACK)
	if ended := event[bridge.Ended](t, callee); ended.Cause.Status != 403 || len(ended.Cause.Headers) != 0 {
		t.Errorf("another server's challenge: %+v", ended.Cause)
	}
}

func TestNothingIsRelayedForStrangers(t *testing.T) {
	s := newSetup(t)
	server := s.peer("UDP", upstreamAddress)
	browser, phone, mallory := s.peer("WS", "192.0.2.9:1"), s.peer("UDP", "192.0.2.9:5060"), s.peer("WS", "192.0.2.9:2")
	s.agent.users.Set(mallory, "mallory@up.example")
	for _, method := range []string{"MESSAGE", "OPTIONS"} {
		for _, p := range []*peer{browser, phone, mallory} {
			p.say("", browserOf(method, "sip:bob@up.example", 1)...)
			p.status(403)
		}
	}
	phone.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: <sip:a@192.0.2.9>")...)
	phone.status(403)
	lines := browserOf("REGISTER", "sip:up.example", 1, "Contact: <sip:a@192.0.2.9>")
	lines[3] = "From: <sip:alice@elsewhere.example>;tag=x"
	browser.say("", lines...)
	browser.status(403)
	server.quiet()
	if relayed := s.agent.Stats().Relayed; relayed != 0 {
		t.Errorf("%d were relayed", relayed)
	}
}

func TestMessageOfARegisteredBrowserIsRelayed(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	s.registerUpstream(p, server, 1)
	lines := browserOf("MESSAGE", "sip:bob@up.example", 1, "Contact: <sip:abc@df7.invalid>", "Content-Type: text/plain",
		"Content-Length: 5")
	p.agent.Receive(p, []byte(strings.Join(lines, "\r\n")+"\r\n\r\nhello"))
	request := server.request(sip.MESSAGE)
	if string(request.Body()) != "hello" || message.ContentType(request) != "text/plain" ||
		request.GetHeader("Contact") != nil {
		t.Errorf("message %s", request)
	}
	server.respond(request, 404, "srv", "")
	p.status(404)
	s.settled()
}

func TestUpstreamServerThatFails(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		s := newSetup(t)
		p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
		p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact)...)
		server.request(sip.REGISTER)
		s.timeOut()
		p.status(504) // RFC 4320: never 408
		s.settled()
	})
	t.Run("out of reach", func(t *testing.T) {
		s := newSetup(t)
		p := s.peer("WS", "192.0.2.9:5070") // and no flow to the server
		p.say("", browserOf("REGISTER", "sip:up.example", 1, "Contact: "+browserContact)...)
		p.status(503)
		s.settled()
	})
}

// timeOut lets all our requests that wait for an answer time out at once.
func (s *setup) timeOut() {
	s.t.Helper()
	eventually(s.t, "nothing waits", func() bool { _, clients := s.open(); return clients > 0 })
	_, clients := s.agent.transactions.Open()
	for _, transaction := range clients {
		transaction.Fail(sip.ErrTransactionTimeout)
	}
}
