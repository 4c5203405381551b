package sipua

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
)

// swift lets subscriptions hear of each change at once, and live shortly.
func swift(options *Options, _ *Agent) {
	options.Presence = presence.Options{Interval: 4 * time.Millisecond, MinExpires: time.Second}
}

// heldSubscription is a subscription that a peer holds.
type heldSubscription struct {
	p    *peer
	s    *setup
	user string
	// lines of the SUBSCRIBE, with the To of the dialog.
	event, uri, to string
	sequence       int
	sent           int // how many have been made
}

// subscribe subscribes, and takes the first notification.
func (s *setup) subscribe(p *peer, user, watched, event string) (*heldSubscription, *sip.Request) {
	s.t.Helper()
	held := &heldSubscription{
		p: p, s: s, user: user, event: event, uri: "sip:" + watched + "@local.example", sequence: 1,
		to: "To: <sip:" + watched + "@local.example>",
	}
	p.say("", held.lines("600")...)
	ok := p.status(200)
	held.to = "To: " + ok.To().Value()
	if contact := message.Contact(ok); contact == nil || message.Value(ok, "Expires") != "600" {
		s.t.Errorf("answer %s", ok)
	} else {
		held.uri = contact.Address.String()
	}
	return held, held.told()
}

func (h *heldSubscription) lines(expires string) []string {
	lines := localOf(h.p, h.user, "SUBSCRIBE", h.uri, h.sequence, "Event: "+h.event, "Expires: "+expires,
		"Contact: <sip:w@df7.invalid>")
	event, _, _ := strings.Cut(h.event, ";")
	h.sent++
	// A branch of its own, or it would be a request that is repeated.
	lines[1] += event + strconv.Itoa(h.sent)
	lines[4], lines[5] = h.to, "Call-ID: "+h.user+h.event
	return lines
}

// again refreshes or ends the subscription.
func (h *heldSubscription) again(expires string) {
	h.s.t.Helper()
	h.sequence++
	h.p.say("", h.lines(expires)...)
}

// told takes a notification, and answers it.
func (h *heldSubscription) told() *sip.Request {
	h.s.t.Helper()
	notify := h.p.request(sip.NOTIFY)
	h.p.respond(notify, 200, "", "")
	return notify
}

// publish sends a PUBLISH of alice.
func (s *setup) publish(p *peer, sequence int, body string, extra ...string) {
	s.t.Helper()
	lines := localOf(p, "alice", "PUBLISH", "sip:alice@local.example", sequence, "Event: presence")
	if body != "" {
		lines = append(lines, "Content-Type: application/pidf+xml")
	}
	p.sayRaw(body, append(lines, extra...)...)
}

const away = `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@local.example"><tuple id="a">` +
	`<status><basic>closed</basic></status><note>Pêche</note></tuple></presence>`

func TestWatcherHearsOfRegistrationAndPublications(t *testing.T) {
	s := newSetup(t, swift)
	bob := s.registered("bob", "UDP", "192.0.2.9:5070")
	held, first := s.subscribe(s.agentPeer("bob", "192.0.2.9:2"), "bob", "alice", "presence;id=7")
	if message.Value(first, "Event") != "presence;id=7" ||
		message.Value(first, "Subscription-State") != "active;expires=600" ||
		!strings.Contains(string(first.Body()), "<basic>closed<") || first.Recipient.String() != "sip:w@df7.invalid" {
		t.Errorf("first: %s", first)
	}
	alice := s.registered("alice", "WS", "192.0.2.9:1")
	s.agent.ReachableChanged("alice@local.example")
	if news := held.told(); !strings.Contains(string(news.Body()), "<basic>open<") || news.CSeq().SeqNo != 2 {
		t.Errorf("after she registered: %s", news)
	}
	s.publish(alice, 1, away, "Expires: 300")
	tag := message.Value(alice.status(200), "SIP-ETag")
	news := held.told()
	if !strings.Contains(string(news.Body()), "<note>Pêche</note>") ||
		message.ContentType(news) != "application/pidf+xml" {
		t.Errorf("after she published: %s", news)
	}
	s.publish(alice, 2, "", "SIP-If-Match: "+tag, "Expires: 0")
	if gone := alice.status(200); message.Value(gone, "Expires") != "0" {
		t.Errorf("answer %s", gone)
	}
	held.told()
	s.publish(alice, 3, away, "Expires: 300")
	alice.status(200)
	held.told()
	alice.Close()
	s.agent.FlowClosed(alice)
	s.agent.ReachableChanged("alice@local.example")
	if news := held.told(); strings.Contains(string(news.Body()), "Pêche") {
		t.Errorf("what a lost page published stays: %s", news)
	}
	bob.quiet()
}

// agentPeer makes a browser whose connection a user has proved himself on.
func (s *setup) agentPeer(user, remote string) *peer {
	p := s.peer("WS", remote)
	s.agent.users.Set(p, user+"@local.example")
	return p
}

func TestSubscriptionIsRefreshedAndEnds(t *testing.T) {
	for _, word := range []string{"UDP", "TCP", "WS"} {
		t.Run(word, func(t *testing.T) {
			s := newSetup(t, swift)
			p := s.registered("bob", word, "192.0.2.9:5070")
			if word == "UDP" {
				p = s.agentPeer("bob", "192.0.2.9:1") // a datagram's sender proves himself each time
			}
			held, _ := s.subscribe(p, "bob", "alice", "presence")
			held.again("100")
			if ok := p.status(200); message.Value(ok, "Expires") != "100" {
				t.Errorf("answer %s", ok)
			}
			if news := held.told(); message.Value(news, "Subscription-State") != "active;expires=100" {
				t.Errorf("after the refresh: %s", news)
			}
			held.sequence = 0
			held.again("100")
			p.status(500)
			held.sequence = 10
			held.again("0")
			if ok := p.status(200); message.Value(ok, "Expires") != "0" {
				t.Errorf("answer %s", ok)
			}
			held.again("0") // as sipML5 does
			p.request(sip.NOTIFY)
			p.status(481)
			last := p.last(sip.NOTIFY)
			if message.Value(last, "Subscription-State") != "terminated;reason=timeout" {
				t.Errorf("the last one: %s", last)
			}
			p.respond(last, 200, "", "")
			held.again("0")
			p.status(481)
			eventually(t, "the subscription is left", func() bool { return s.agent.notifier.Size() == 0 })
			s.settled()
		})
	}
}

func TestSubscriptionOfAPhoneOverUDP(t *testing.T) {
	s := newSetup(t, swift)
	phone := s.peer("UDP", "192.0.2.9:5070")
	held := &heldSubscription{
		p: phone, s: s, user: "bob", event: "dialog", uri: "sip:alice@local.example", sequence: 1,
		to: "To: <sip:alice@local.example>",
	}
	phone.say("", held.lines("600")...)
	challenge := phone.status(407).GetHeader("Proxy-Authenticate").Value()
	held.sequence++
	phone.say("", append(held.lines("600"),
		"Proxy-Authorization: "+authorization(challenge, "bob", "SUBSCRIBE", held.uri))...)
	held.to = "To: " + phone.status(200).To().Value()
	held.told()
	held.again("0")
	phone.status(200)
	held.told()

	other := s.peer("UDP", "192.0.2.66:5070") // knows the tags, but is elsewhere
	held, _ = s.subscribe(s.agentPeer("carol", "192.0.2.9:3"), "carol", "alice", "dialog")
	held.p = other
	held.again("0")
	other.status(403)
}

func TestSubscriptionEndsWithItsConnection(t *testing.T) {
	s := newSetup(t, swift)
	bob := s.agentPeer("bob", "192.0.2.9:2")
	s.subscribe(bob, "bob", "alice", "presence")
	s.subscribe(bob, "bob", "carol", "dialog")
	bob.Close()
	s.agent.FlowClosed(bob)
	s.agent.ReachableChanged("alice@local.example")
	bob.quiet()
	if stats := s.agent.presence.Stats(); stats.Subscriptions != 0 || s.agent.notifier.Size() != 0 {
		t.Errorf("left: %+v", stats)
	}
}

func TestSubscriptionEndsWhereItsWatcherKnowsNothingOfIt(t *testing.T) {
	s := newSetup(t, swift)
	bob := s.agentPeer("bob", "192.0.2.9:2")
	held, _ := s.subscribe(bob, "bob", "alice", "presence")
	s.agent.ReachableChanged("alice@local.example")
	bob.respond(bob.request(sip.NOTIFY), 481, "", "")
	eventually(t, "the subscription is left", func() bool { return s.agent.notifier.Size() == 0 })
	held.again("600")
	bob.status(481)
}

// TestWhoMayWatch: who may not watch another may watch himself.
func TestWhoMayWatch(t *testing.T) {
	s := newSetup(t, swift, func(options *Options, _ *Agent) {
		options.MayWatch = func(by, watched string) bool {
			return by == "bob@local.example" && watched == "carol@local.example"
		}
	})
	bob := s.agentPeer("bob", "192.0.2.9:2")
	for sequence, test := range []struct {
		watched, event string
		want           int
	}{
		{"alice", "presence", 403},
		{"alice", "dialog", 403},
		{"carol", "presence", 200},
		{"bob", "presence", 200},
		{"bob", "message-summary", 200},
		{"nobody", "presence", 404},
	} {
		lines := localOf(bob, "bob", "SUBSCRIBE", "sip:"+test.watched+"@local.example", sequence+1, "Event: "+test.event)
		lines[5] = fmt.Sprintf("Call-ID: watch%d", sequence)
		bob.say("", append(lines, "Contact: <sip:w@df7.invalid>")...)
		bob.status(test.want)
		if test.want == 200 {
			bob.respond(bob.request(sip.NOTIFY), 481, "", "")
		}
	}
}

func TestWhoMaySubscribeToWhat(t *testing.T) {
	s := newSetup(t, swift)
	bob := s.agentPeer("bob", "192.0.2.9:2")
	abroad := s.peer("WS", "192.0.2.9:3")
	s.agent.users.Set(abroad, "bob@up.example")
	for sequence, test := range []struct {
		name, method, uri string
		extra             []string
		want              int
		header            string
	}{
		{
			"unknown package", "SUBSCRIBE", "sip:alice@local.example",
			[]string{"Event: reg"},
			489,
			"Allow-Events: presence, dialog, message-summary",
		},
		{"no event", "SUBSCRIBE", "sip:alice@local.example", nil, 489, ""},
		{"nobody", "SUBSCRIBE", "sip:nobody@local.example", []string{"Event: presence"}, 404, ""},
		{"elsewhere", "SUBSCRIBE", "sip:alice@else.example", []string{"Event: presence"}, 404, ""},
		{"too brief", "SUBSCRIBE", "sip:alice@local.example", []string{"Event: presence", "Expires: 1"}, 200, ""},
		{"malformed time", "SUBSCRIBE", "sip:alice@local.example", []string{"Event: presence", "Expires: soon"}, 400, ""},
		{"document not taken", "SUBSCRIBE", "sip:alice@local.example", []string{"Event: presence", "Accept: a/b"}, 406, ""},
		{"another's mailbox", "SUBSCRIBE", "sip:alice@local.example", []string{"Event: message-summary"}, 403, ""},
		{"publish for another", "PUBLISH", "sip:alice@local.example", []string{"Event: presence"}, 403, ""},
		{"publish calls", "PUBLISH", "sip:bob@local.example", []string{"Event: dialog"}, 489, "Allow-Events: presence"},
		{"publish nothing", "PUBLISH", "sip:bob@local.example", []string{"Event: presence"}, 400, ""},
		{"publish elsewhere", "PUBLISH", "sip:bob@else.example", []string{"Event: presence"}, 404, ""},
		{"unknown tag", "PUBLISH", "sip:bob@local.example", []string{"Event: presence", "SIP-If-Match: x"}, 412, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := localOf(bob, "bob", test.method, test.uri, sequence+1, test.extra...)
			lines[5] = fmt.Sprintf("Call-ID: %d", sequence)
			bob.say("", append(lines, "Contact: <sip:w@df7.invalid>")...)
			answer := bob.status(test.want)
			name, value, _ := strings.Cut(test.header, ": ")
			if name != "" && message.Value(answer, name) != value {
				t.Errorf("%s is %q", name, message.Value(answer, name))
			}
			if test.want == 200 {
				bob.respond(bob.request(sip.NOTIFY), 481, "", "")
			}
			bob.quiet()
		})
	}
	lines := localOf(abroad, "bob", "SUBSCRIBE", "sip:alice@local.example", 1, "Event: presence", "Contact: <sip:w@x>")
	lines[3] = "From: <sip:bob@up.example>;tag=x"
	abroad.say("", lines...)
	abroad.status(403)
	stranger := s.peer("UDP", "192.0.2.9:5099")
	stranger.say("", plain(stranger, "SUBSCRIBE", "sip:alice@local.example", "Event: presence", "Contact: <sip:w@x>")...)
	stranger.status(403)
	eventually(t, "something is left", func() bool { return s.agent.notifier.Size() == 0 })
}

// TestStormIsStopped does what sipML5 does: it takes the 200 to the removal for a refresh.
func TestStormIsStopped(t *testing.T) {
	s := newSetup(t, swift)
	alice := s.agentPeer("alice", "192.0.2.9:1")
	s.publish(alice, 1, away, "Expires: 200")
	tag := message.Value(alice.status(200), "SIP-ETag")
	s.publish(alice, 2, "", "SIP-If-Match: "+tag, "Expires: 0")
	tag = message.Value(alice.status(200), "SIP-ETag")
	s.publish(alice, 3, "", "SIP-If-Match: "+tag, "Expires: 0")
	alice.status(481)
	s.publish(alice, 4, away, "Expires: 200") // and publishes again
	tag = message.Value(alice.status(200), "SIP-ETag")
	s.publish(alice, 5, "", "SIP-If-Match: "+tag, "Expires: 0")
	alice.status(200)
}

func TestCallsAreTold(t *testing.T) {
	s := newSetup(t, swift)
	carol := s.agentPeer("carol", "192.0.2.9:4")
	held, first := s.subscribe(carol, "carol", "alice", "dialog")
	if !strings.Contains(string(first.Body()), `state="full"`) ||
		message.ContentType(first) != "application/dialog-info+xml" {
		t.Errorf("first: %s", first)
	}
	alice := s.agentPeer("alice", "192.0.2.9:1")
	script := newScript(alice)
	script.from = "<sip:alice@local.example>;tag=a"
	leg := s.invite(script)
	says := func(wants ...string) {
		t.Helper()
		body := string(held.told().Body())
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s is not in %s", want, body)
			}
		}
		if strings.Contains(body, "out.example") || strings.Contains(body, script.callID) {
			t.Errorf("too much is told: %s", body)
		}
	}
	says(`direction="initiator"`, ">trying<")
	leg.Ring(nil)
	alice.status(180)
	says(">early<")
	leg.Answer(pcmu())
	script.to = alice.status(200).To().Value()
	alice.say("", script.lines("ACK", "1")...)
	says(">confirmed<")
	alice.say("", script.lines("BYE", "2")...)
	alice.status(200)
	event[bridge.Ended](t, leg)
	if body := string(held.told().Body()); strings.Contains(body, "<dialog ") {
		t.Errorf("after the call: %s", body)
	}

	phone := s.registered("alice", "UDP", "192.0.2.9:5070")
	targets, _ := s.agent.Lookup("alice", "local.example")
	offer := pcmu()
	called := targets[0].Endpoint.Dial(bridge.Request{
		From: bridge.Party{URI: "sip:x@out.example"}, To: targets[0].URI, Offer: &offer,
	})
	invite := phone.request(sip.INVITE)
	phone.respond(invite, 180, "p", "")
	says(`direction="recipient"`, ">early<")
	phone.respond(invite, 486, "p", "")
	phone.request(sip.ACK)
	event[bridge.Ringing](t, called)
	event[bridge.Ended](t, called)
	held.told()
}
