package sipua

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
)

// localOf are the lines of a request outside dialogs of a user of local.example.
func localOf(p *peer, user, method, uri string, sequence int, extra ...string) []string {
	return append([]string{
		method + " " + uri + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/%s %s;rport;branch=z9hG4bK%s%d", p.word, p.remote, method, sequence),
		"Max-Forwards: 70", fmt.Sprintf(`From: "The %[1]s" <sip:%[1]s@local.example>;tag=%[1]stag`, user),
		"To: <" + uri + ">", fmt.Sprintf("Call-ID: %s-%s", user, method), fmt.Sprintf("CSeq: %d %s", sequence, method),
	}, extra...)
}

// sayRaw gives the agent a message with a body of any type.
func (p *peer) sayRaw(body string, lines ...string) {
	p.t.Helper()
	head := strings.Join(append(lines, fmt.Sprintf("Content-Length: %d", len(body))), "\r\n")
	p.agent.Receive(p, []byte(head+"\r\n\r\n"+body))
}

// registered makes a device of a user of local.example.
func (s *setup) registered(user, word, remote string) *peer {
	s.t.Helper()
	return s.registeredWith(user, word, remote, "")
}

// registeredWith makes one whose Contact says more.
func (s *setup) registeredWith(user, word, remote, params string) *peer {
	s.t.Helper()
	p := s.peer(word, remote)
	s.agent.users.Set(p, user+"@local.example")
	request := localOf(p, user, "REGISTER", "sip:local.example", 1,
		fmt.Sprintf("Contact: <sip:%s@%s>%s", user, remote, params))
	request[4] = "To: <sip:" + user + "@local.example>"
	p.say("", request...)
	challenge := p.status(401).GetHeader("WWW-Authenticate").Value()
	request[1] += "again"
	request[6] = "CSeq: 2 REGISTER"
	p.say("", append(request, "Authorization: "+authorization(challenge, user, "REGISTER", "sip:local.example"))...)
	p.status(200)
	return p
}

const text = "Pêche à la moule ☎ 你好\r\n\r\nINVITE sip:x SIP/2.0\r\n"

func TestMessageReachesAllDevices(t *testing.T) {
	s := newSetup(t)
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	first, second := s.registered("bob", "WS", "192.0.2.9:2"), s.registered("bob", "UDP", "192.0.2.9:5070")
	alice.sayRaw(text, localOf(alice, "alice", "MESSAGE", "sip:bob@local.example", 1,
		"Content-Type: text/plain;charset=utf-8", "Contact: <sip:a@df7.invalid>", "X-Mine: 1",
		"P-Asserted-Identity: <sip:boss@local.example>", `Authorization: Digest username="alice"`, "Subject: Hi")...)
	for _, device := range []*peer{first, second} {
		request := device.request(sip.MESSAGE)
		if string(request.Body()) != text || message.ContentType(request) != "text/plain" {
			t.Errorf("body %q of type %s", request.Body(), message.ContentType(request))
		}
		if request.Recipient.Host != device.remote.Addr().String() || request.From().DisplayName != "The alice" ||
			request.From().Address.String() != "sip:alice@local.example" || request.CallID().Value() == "alice-MESSAGE" {
			t.Errorf("message %s", request)
		}
		for name, crosses := range map[string]bool{
			"Contact": false, "P-Asserted-Identity": false, "Authorization": false, "X-Mine": true, "Subject": true,
		} {
			if got := request.GetHeader(name) != nil; got != crosses {
				t.Errorf("%s crosses: %v", name, got)
			}
		}
	}
	first.respond(first.last(sip.MESSAGE), 486, "b", "")
	alice.quiet()
	second.respond(second.last(sip.MESSAGE), 202, "b", "")
	if ok := alice.status(200); len(ok.Body()) != 0 || ok.GetHeader("Contact") != nil {
		t.Errorf("answer %s", ok)
	}
	if delivered := s.agent.Stats().Delivered; delivered != 1 {
		t.Errorf("%d delivered", delivered)
	}
	s.settled()
}

func TestMessageThatIsNotDelivered(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers []int // of the devices, 0 for none
		want    int
	}{
		{"no devices", nil, 480},
		{"refused", []int{415}, 415},
		{"best of two", []int{480, 415}, 415},
		{"server's fault is worse", []int{503, 404}, 404},
		{"declined everywhere", []int{480, 603}, 603},
		{"asks for a password", []int{407}, 403},
		{"silent", []int{0}, 480},
		{"silent and refused", []int{0, 415}, 415},
	} {
		t.Run(test.name, func(t *testing.T) {
			timers := make(chan func(), 16)
			s := newSetup(t, handOver(textPatience, timers))
			alice := s.registered("alice", "WS", "192.0.2.9:1")
			devices := make([]*peer, 0, len(test.answers))
			for i := range test.answers {
				devices = append(devices, s.registered("bob", "UDP", fmt.Sprintf("192.0.2.9:%d", 5070+i)))
			}
			alice.sayRaw("hello", localOf(alice, "alice", "MESSAGE", "sip:bob@local.example", 1)...)
			for i, device := range devices {
				message := device.request(sip.MESSAGE)
				if test.answers[i] != 0 {
					device.respond(message, test.answers[i], "b", "")
				}
			}
			for range 2 * len(test.answers) { // who waits for an answer has two
				within(t, timers, "timer")()
			}
			alice.status(test.want)
		})
	}
}

func TestMessageToNobody(t *testing.T) {
	s := newSetup(t)
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	for sequence, uri := range []string{"sip:nobody@local.example", "sip:bob@nowhere.example", "sip:local.example"} {
		alice.sayRaw("hello", localOf(alice, "alice", "MESSAGE", uri, sequence+1)...)
		alice.status(404)
	}
	s.settled()
}

func TestMessageTooLargeForADatagram(t *testing.T) {
	s := newSetup(t)
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	phone := s.registered("bob", "UDP", "192.0.2.9:5070")
	alice.sayRaw(strings.Repeat("x", 1300), localOf(alice, "alice", "MESSAGE", "sip:bob@local.example", 1)...)
	alice.status(513)
	phone.quiet()
	browser := s.registered("bob", "WS", "192.0.2.9:2")
	alice.sayRaw(strings.Repeat("x", 9000), localOf(alice, "alice", "MESSAGE", "sip:bob@local.example", 2)...)
	if message := browser.request(sip.MESSAGE); len(message.Body()) != 9000 {
		t.Errorf("%d bytes are left", len(message.Body()))
	}
	browser.respond(browser.last(sip.MESSAGE), 200, "b", "")
	alice.status(200)
}

func TestWhoMaySendMessages(t *testing.T) {
	s := newSetup(t)
	bob := s.registered("bob", "WS", "192.0.2.9:2")
	phone := s.peer("UDP", "192.0.2.9:5070")
	request := localOf(phone, "alice", "MESSAGE", "sip:bob@local.example", 1)
	phone.sayRaw("hello", request...)
	challenge := phone.status(407).GetHeader("Proxy-Authenticate").Value()
	bob.quiet()
	request[1] += "again"
	phone.sayRaw("hello", append(request,
		"Proxy-Authorization: "+authorization(challenge, "alice", "MESSAGE", "sip:bob@local.example"))...)
	bob.respond(bob.request(sip.MESSAGE), 200, "b", "")
	phone.status(200)

	request = localOf(phone, "bob", "MESSAGE", "sip:bob@local.example", 3)
	phone.sayRaw("hello", request...)
	challenge = phone.status(407).GetHeader("Proxy-Authenticate").Value()
	request[1] += "again"
	phone.sayRaw("hello", append(request,
		"Proxy-Authorization: "+authorization(challenge, "alice", "MESSAGE", "sip:bob@local.example"))...)
	if refused := phone.status(403); refused.Reason != "From Is Not Yours" {
		t.Errorf("answer %s", refused)
	}

	server := s.peer("UDP", upstreamAddress)
	server.sayRaw("hello", plain(server, "MESSAGE", "sip:bob@192.0.2.1")...)
	bob.respond(bob.request(sip.MESSAGE), 200, "b", "")
	server.status(200)
}

func TestMessageFromUpstreamReachesTheBrowserOfItsToken(t *testing.T) {
	s := newSetup(t)
	server := s.peer("UDP", upstreamAddress)
	first, second := s.peer("WS", "192.0.2.9:1"), s.peer("WS", "192.0.2.9:2")
	token := s.registerUpstream(first, server, 1).Address.User
	s.registerUpstream(second, server, 1)
	server.sayRaw("hello", plain(server, "MESSAGE", "sip:"+token+"@192.0.2.1:5060")...)
	message := first.request(sip.MESSAGE)
	if message.Recipient.String() != "sip:abc@df7.invalid;transport=ws" {
		t.Errorf("Request-URI %s", message.Recipient.String())
	}
	second.quiet()
	first.respond(message, 200, "b", "")
	server.status(200)
	request := plain(server, "MESSAGE", "sip:alice@up.example")
	request[1] += "2"
	server.sayRaw("hello", request...)
	for _, p := range []*peer{first, second} {
		p.respond(p.request(sip.MESSAGE), 200, "b", "")
	}
	server.status(200)
	s.settled()
}

func TestMessagesOfOneUserAreLimited(t *testing.T) {
	s := newSetup(t)
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	const many = 2 * requestsAtOnce
	refused := 0
	for i := range many {
		alice.sayRaw("hello", localOf(alice, "alice", "MESSAGE", "sip:bob@local.example", i+1)...)
		if answer := alice.final(); answer.StatusCode == 503 && answer.GetHeader("Retry-After") != nil {
			refused++
		}
	}
	if refused < many-2*requestsAtOnce/2-requestsPerSecond || refused == 0 {
		t.Errorf("%d of %d were refused", refused, many)
	}
	carol := s.registered("carol", "WS", "192.0.2.9:3")
	carol.sayRaw("hello", localOf(carol, "carol", "MESSAGE", "sip:bob@local.example", 1)...)
	carol.status(480)
}

// TestOptionsTellNoMoreThanMayBeWatched: whom somebody may not watch, of him he hears the same as of nobody.
func TestOptionsTellNoMoreThanMayBeWatched(t *testing.T) {
	s := newSetup(t, func(options *Options, _ *Agent) {
		options.MayWatch = func(_, watched string) bool { return watched == "carol@local.example" }
	})
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	s.registered("bob", "WS", "192.0.2.9:2")
	for sequence, test := range []struct {
		name string
		want int
	}{{"bob", 200}, {"dave", 200}, {"nobody", 200}, {"carol", 480}, {"alice", 200}} {
		alice.say("", localOf(alice, "alice", "OPTIONS", "sip:"+test.name+"@local.example", sequence+1)...)
		alice.status(test.want)
	}
}

func TestOptionsTellWhoCanBeReached(t *testing.T) {
	s := newSetup(t)
	alice, stranger := s.registered("alice", "WS", "192.0.2.9:1"), s.peer("UDP", "192.0.2.9:5099")
	server := s.peer("UDP", upstreamAddress)
	s.registered("bob", "WS", "192.0.2.9:2")
	for sequence, test := range []struct {
		p    *peer
		uri  string
		want int
	}{
		{alice, "sip:bob@local.example", 200},
		{alice, "sip:carol@local.example", 480},
		{alice, "sip:nobody@local.example", 404},
		{alice, "sip:local.example", 200},
		{stranger, "sip:carol@local.example", 200},
		{stranger, "sip:nobody@local.example", 200},
		{server, "sip:ping@192.0.2.1", 200},
	} {
		test.p.say("", localOf(test.p, "alice", "OPTIONS", test.uri, sequence+1)...)
		answer := test.p.status(test.want)
		for _, name := range []string{"Allow", "Supported", "Accept"} {
			if answer.GetHeader(name) == nil {
				t.Errorf("%s: no %s", test.uri, name)
			}
		}
	}
}
