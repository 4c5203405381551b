package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/message"
)

const serverContact = "Contact: <sip:presence@10.0.0.7:5070;transport=tcp>"

// watchingUpstream has a browser of alice of up.example that subscribes there; its lines are given.
func (s *setup) watchingUpstream(p, server *peer) []string {
	s.t.Helper()
	s.registerUpstream(p, server, 1)
	return browserOf("SUBSCRIBE", "sip:bob@up.example", 1, "Event: presence", "Expires: 600",
		"Accept: application/pidf+xml", `Contact: "A" <sip:abc@df7.invalid;transport=ws>;+audio`)
}

// notifyOf is a NOTIFY of the server in the dialog of a browser's SUBSCRIBE, as it came to the server.
func notifyOf(subscribe *sip.Request, sequence string, tag, state string) []string {
	return []string{
		"NOTIFY " + message.Contact(subscribe).Address.String() + " SIP/2.0",
		"Via: SIP/2.0/UDP " + upstreamAddress + ";rport;branch=z9hG4bKn" + sequence + tag, "Max-Forwards: 70",
		"From: <sip:bob@up.example>;tag=" + tag, "To: " + subscribe.From().Value(),
		"Call-ID: " + subscribe.CallID().Value(), "CSeq: " + sequence + " NOTIFY", serverContact,
		"Event: presence", "Subscription-State: " + state, "Content-Type: application/pidf+xml", "X-Server: yes",
		"Record-Route: <sip:10.0.0.8;lr>", "Server: Inner/1.0",
	}
}

func TestSubscriptionAtAnUpstreamServer(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	p.say("", s.watchingUpstream(p, server)...)
	subscribe := server.request(sip.SUBSCRIBE)
	contact := message.Contact(subscribe)
	if contact.Address.Host != "192.0.2.1" || contact.Params.Has("+audio") ||
		subscribe.CallID().Value() != "subscribe-call" ||
		message.Value(subscribe, "Accept") != "application/pidf+xml" || subscribe.Recipient.String() != "sip:bob@up.example" {
		t.Errorf("to the server: %s", subscribe)
	}
	// The first NOTIFY overtakes the 200: JsSIP would refuse it.
	server.sayRaw("<presence/>", notifyOf(subscribe, "1", "srv", "active;expires=600")...)
	p.quiet()
	server.respond(subscribe, 200, "srv", "", serverContact, "Expires: 500", "Record-Route: <sip:10.0.0.8;lr>")
	ok := p.status(200)
	notify := p.request(sip.NOTIFY)
	if notify.Recipient.String() != "sip:abc@df7.invalid;transport=ws" || string(notify.Body()) != "<presence/>" ||
		message.Contact(notify).Address.Host != "192.0.2.1" || len(notify.GetHeaders("Via")) != 1 ||
		notify.GetHeader("Record-Route") != nil || notify.GetHeader("Server") != nil ||
		message.Value(notify, "X-Server") != "yes" ||
		message.Value(notify, "Subscription-State") != "active;expires=600" || strings.Contains(notify.String(), "10.0.0.") {
		t.Errorf("to the browser: %s", notify)
	}
	p.respond(notify, 200, "", "")
	server.status(200)
	ours := message.Contact(ok)
	if message.Tag(ok) != "srv" || ours.Address.Host != "192.0.2.1" || message.Value(ok, "Expires") != "500" ||
		ok.GetHeader("Record-Route") != nil {
		t.Errorf("answer %s", ok)
	}

	inDialog := func(sequence int, expires string) {
		lines := browserOf("SUBSCRIBE", ours.Address.String(), sequence, "Event: presence", "Expires: "+expires,
			"Contact: <sip:abc@df7.invalid;transport=ws>", "Route: <sip:192.0.2.66;lr>")
		lines[4] = "To: <sip:bob@up.example>;tag=srv"
		p.say("", lines...)
	}
	inDialog(2, "600")
	refresh := server.request(sip.SUBSCRIBE)
	routes := refresh.GetHeaders("Route")
	if refresh.Recipient.String() != "sip:peer@192.0.2.50:5060" || len(routes) != 1 ||
		routes[0].Value() != "<sip:10.0.0.8;lr>" || message.Contact(refresh).Address.User != contact.Address.User {
		t.Errorf("refresh: %s", refresh)
	}
	server.respond(refresh, 200, "", "", serverContact, "Expires: 600")
	p.status(200)

	inDialog(3, "0")
	server.respond(server.request(sip.SUBSCRIBE), 200, "", "", serverContact, "Expires: 0")
	p.status(200)
	inDialog(4, "0") // as sipML5 does
	p.status(481)
	server.quiet()
	server.sayRaw("", notifyOf(subscribe, "2", "srv", "terminated;reason=timeout")...)
	p.respond(p.request(sip.NOTIFY), 200, "", "")
	server.status(200)
	eventually(t, "the subscription is left", func() bool { return s.agent.relay.Subscriptions() == 0 })
	server.sayRaw("", notifyOf(subscribe, "3", "srv", "active")...)
	server.status(481)
	s.settled()
}

func TestNotifyThatDoesNotBelong(t *testing.T) {
	s := newSetup(t)
	p, server, other := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress), s.peer("UDP", "192.0.2.66:5060")
	p.say("", s.watchingUpstream(p, server)...)
	subscribe := server.request(sip.SUBSCRIBE)
	server.respond(subscribe, 200, "srv", "", serverContact, "Expires: 500")
	p.status(200)
	other.sayRaw("", notifyOf(subscribe, "1", "srv", "active")...) // knows all tags, but is no server of ours
	other.status(403)
	server.sayRaw("", notifyOf(subscribe, "1", "fork", "active")...)
	server.status(481)
	lines := notifyOf(subscribe, "2", "srv", "active")
	lines[0], lines[6] = strings.Replace(lines[0], "NOTIFY", "MESSAGE", 1), "CSeq: 2 MESSAGE"
	server.sayRaw("", lines...)
	server.status(405)
	mallory := s.peer("WS", "192.0.2.9:5071")
	unsubscribe := browserOf("SUBSCRIBE", "sip:x@192.0.2.1", 9, "Event: presence", "Expires: 0")
	unsubscribe[4] += ";tag=srv"
	mallory.say("", unsubscribe...)
	mallory.status(403)
	p.quiet()

	server.sayRaw("", notifyOf(subscribe, "3", "srv", "active")...)
	p.respond(p.request(sip.NOTIFY), 481, "", "")
	server.status(481)
	server.sayRaw("", notifyOf(subscribe, "4", "srv", "active")...)
	server.status(481)
	p.quiet()
}

func TestSubscriptionThatIsRefusedOrLost(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	lines := s.watchingUpstream(p, server)
	p.say("", lines...)
	challenged := server.request(sip.SUBSCRIBE)
	server.respond(challenged, 407, "x", "", `Proxy-Authenticate: Digest realm="up.example", nonce="n"`)
	if refused := p.status(407); refused.GetHeader("Proxy-Authenticate") == nil {
		t.Errorf("answer %s", refused)
	}
	server.sayRaw("", notifyOf(challenged, "1", "x", "active")...)
	server.status(481)
	lines[1], lines[6] = lines[1]+"again", "CSeq: 2 SUBSCRIBE"
	p.say("", append(lines, `Proxy-Authorization: Digest username="alice", response="0123456789abcdef"`)...)
	subscribe := server.request(sip.SUBSCRIBE)
	if subscribe.GetHeader("Proxy-Authorization") == nil {
		t.Error("the credentials are lost")
	}
	server.respond(subscribe, 200, "srv", "", serverContact, "Expires: 500")
	p.status(200)
	p.Close()
	s.agent.FlowClosed(p)
	server.sayRaw("", notifyOf(subscribe, "1", "srv", "active")...)
	server.status(481)
	s.settled()
}

// TestSubscriptionWithoutAServer leaves nothing, so that a browser may try as often as it likes.
func TestSubscriptionWithoutAServer(t *testing.T) {
	s := newSetup(t, func(options *Options, _ *Agent) {
		if len(options.Domains.Upstreams) > 0 {
			options.Domains.Upstreams[0].NextHops = []sip.Uri{{Scheme: "sip", Host: "pbx.nowhere.invalid"}}
		}
	})
	p := s.peer("WS", "192.0.2.9:5070")
	s.agent.users.Set(p, "alice@up.example")
	p.say("", browserOf("SUBSCRIBE", "sip:bob@up.example", 1, "Event: presence", "Contact: <sip:abc@df7.invalid>")...)
	p.status(503)
	eventually(t, "the subscription is left", func() bool { return s.agent.relay.Subscriptions() == 0 })
	s.settled()
}

func TestPublishAtAnUpstreamServer(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	s.registerUpstream(p, server, 1)
	publish := func(sequence int, extra ...string) {
		p.say("", browserOf("PUBLISH", "sip:alice@up.example", sequence, append(extra, "Event: presence")...)...)
	}
	publish(1, "Expires: 600")
	request := server.request(sip.PUBLISH)
	if message.Value(request, "Event") != "presence" || request.GetHeader("Contact") != nil {
		t.Errorf("to the server: %s", request)
	}
	server.respond(request, 200, "srv", "", "SIP-ETag: abc", "Expires: 600")
	ok := p.status(200)
	if message.Value(ok, "SIP-ETag") != "abc" || message.Value(ok, "Expires") != "600" || message.Contact(ok) != nil {
		t.Errorf("answer %s", ok)
	}
	publish(2, "Expires: 0", "SIP-If-Match: abc")
	request = server.request(sip.PUBLISH)
	if message.Value(request, "SIP-If-Match") != "abc" {
		t.Errorf("to the server: %s", request)
	}
	server.respond(request, 200, "srv", "", "SIP-ETag: def", "Expires: 0")
	p.status(200)
	publish(3, "Expires: 0", "SIP-If-Match: def") // as sipML5 does
	p.status(481)
	server.quiet()
	publish(4, "Expires: 600")
	server.respond(server.request(sip.PUBLISH), 412, "srv", "")
	p.status(412)
	s.settled()
}

func TestNothingIsSubscribedForStrangers(t *testing.T) {
	s := newSetup(t)
	server, stranger := s.peer("UDP", upstreamAddress), s.peer("WS", "192.0.2.9:1")
	for _, method := range []string{"SUBSCRIBE", "PUBLISH"} {
		stranger.say("", browserOf(method, "sip:bob@up.example", 1, "Event: presence", "Contact: <sip:a@x.invalid>")...)
		stranger.status(403)
	}
	server.quiet()
}

const summary = "Messages-Waiting: yes\r\nMessage-Account: sip:4711@10.0.0.1\r\nVoice-Message: 3/1 (0/0)\r\n"

// unsolicited is a NOTIFY of a mailbox that nobody asked for.
func unsolicited(server *peer, uri, branch string) []string {
	lines := plain(server, "NOTIFY", uri, "Event: message-summary", "Subscription-State: active",
		"Content-Type: application/simple-message-summary")
	lines[1] += branch
	return lines
}

func TestMailboxOfAnUpstreamServer(t *testing.T) {
	s := newSetup(t)
	p, server := s.peer("WS", "192.0.2.9:5070"), s.peer("UDP", upstreamAddress)
	token := s.registerUpstream(p, server, 1).Address.User
	server.sayRaw(summary, unsolicited(server, "sip:"+token+"@192.0.2.1:5060", "1")...)
	notify := p.request(sip.NOTIFY)
	if string(notify.Body()) != summary || message.Value(notify, "Event") != "message-summary" ||
		message.ContentType(notify) != "application/simple-message-summary" ||
		message.Value(notify, "Subscription-State") != "active" {
		t.Errorf("to the browser: %s", notify)
	}
	p.respond(notify, 481, "b", "") // as sipML5 does
	server.status(481)
	server.sayRaw(summary, unsolicited(server, "sip:carol@up.example", "2")...)
	server.status(404)
	p.say("", plain(p, "NOTIFY", "sip:bob@local.example", "Event: message-summary")...)
	p.status(481)
	s.settled()
}

func TestMailboxOfALocalUser(t *testing.T) {
	s := newSetup(t, swift)
	server := s.peer("UDP", upstreamAddress)
	server.sayRaw(summary, unsolicited(server, "sip:alice@192.0.2.1", "1")...) // she is not there
	server.status(200)
	alice := s.agentPeer("alice", "192.0.2.9:1")
	held, first := s.subscribe(alice, "alice", "alice", "message-summary")
	if !strings.Contains(string(first.Body()), "Voice-Message: 3/1 (0/0)\r\n") ||
		!strings.Contains(string(first.Body()), "Message-Account: sip:alice@local.example\r\n") {
		t.Errorf("told %s", first.Body())
	}
	phone := s.registered("alice", "UDP", "192.0.2.9:5070")
	server.sayRaw(strings.Replace(summary, "3/1", "4/0", 1), unsolicited(server, "sip:alice@192.0.2.1", "2")...)
	server.status(200)
	if news := held.told(); !strings.Contains(string(news.Body()), "Voice-Message: 4/0") {
		t.Errorf("told %s", news.Body())
	}
	notify := phone.request(sip.NOTIFY)
	if !strings.Contains(string(notify.Body()), "4/0") {
		t.Errorf("to the phone: %s", notify)
	}
	phone.respond(notify, 200, "b", "")
	alice.quiet()
	server.sayRaw("nonsense", unsolicited(server, "sip:alice@192.0.2.1", "3")...)
	server.status(400)
	s.settled()
}
