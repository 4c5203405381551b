package sipua

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/message"
	"sipbridge/sipua/presence"
)

// plain are the lines of a request outside any dialog.
func plain(p *peer, method, uri string, extra ...string) []string {
	return append([]string{
		method + " " + uri + " SIP/2.0", "Via: SIP/2.0/" + p.word + " " + p.remote.String() + ";rport;branch=z9hG4bKp",
		"Max-Forwards: 70", "From: <sip:x@elsewhere.example>;tag=x", "To: <" + uri + ">",
		"Call-ID: plain", "CSeq: 1 " + method,
	}, extra...)
}

func TestNewRequestsAreRefusedByTheBook(t *testing.T) {
	const (
		sdpBody  = "Content-Type: application/sdp\r\nContent-Length: 2"
		replaces = "Replaces: a;to-tag=b"
		timer    = "Supported: timer\r\nSession-Expires: "
	)
	accept := "Accept: " + acceptHeader().Value()
	tests := []struct {
		name, method string
		extra        string // headers; a body of two bytes follows where they count one
		status       int
		header       string // that the answer must have
	}{
		{"unknown method", "FOO", "", 405, "Allow: " + allowedMethods + outsideMethods},
		{"unknown extension", "INVITE", "Require: replaces, foo, bar", 420, "Unsupported: foo, bar"},
		{"registration in bulk", "REGISTER", "Require: gin", 420, "Unsupported: gin"},
		{"unknown for proxies", "OPTIONS", "Proxy-Require: bar", 420, "Unsupported: bar"},
		{"body of another type", "INVITE", "Content-Type: a/b\r\nContent-Length: 2", 415, accept},
		{"body without a type", "INVITE", "Content-Length: 2", 415, accept},
		{"coded body", "INVITE", "Content-Encoding: gzip\r\n" + sdpBody, 415, "Accept-Encoding: identity"},
		{"answer not taken", "INVITE", "Accept: text/nobody", 406, ""},
		{"two calls to replace", "INVITE", replaces + ";from-tag=c\r\n" + replaces + ";from-tag=d", 400, ""},
		{"malformed Replaces", "INVITE", replaces, 400, ""},
		{"Replaces and Join", "INVITE", replaces + ";from-tag=c\r\nJoin: a;to-tag=b;from-tag=c", 400, ""},
		{"Replaces of what is no call", "OPTIONS", replaces + ";from-tag=c", 400, ""},
		{"Join", "INVITE", "Require: join\r\nJoin: a;to-tag=b;from-tag=c", 420, "Unsupported: join"},
		{"transfer of no call", "REFER", "Refer-To: <sip:carol@nowhere.example>", 403, ""},
		{"short session", "INVITE", timer + "60", 422, "Min-SE: 90"},
		{"malformed session", "INVITE", timer + "soon", 400, ""},
		{"BYE without a dialog", "BYE", "", 481, ""},
		{"PRACK", "PRACK", "RAck: 1 1 INVITE", 481, ""},
		{"unsolicited NOTIFY", "NOTIFY", "Event: refer", 481, ""},
		{"SUBSCRIBE to calls in transfer", "SUBSCRIBE", "Event: refer", 489, "Allow-Events: " + presence.Packages()},
		{"SUBSCRIBE of a stranger", "SUBSCRIBE", "Event: presence", 403, ""},
		{"PUBLISH of a stranger", "PUBLISH", "Event: presence", 403, ""},
		{"MESSAGE of a stranger", "MESSAGE", "", 403, ""},
		{"REGISTER for a domain", "REGISTER", "", 403, ""},
		{"CANCEL of nothing", "CANCEL", "", 481, ""},
		{"OPTIONS", "OPTIONS", "", 200, accept},
	}
	for _, test := range tests {
		for _, word := range []string{"UDP", "TCP", "WS"} {
			t.Run(test.name+" over "+word, func(t *testing.T) {
				s := newSetup(t)
				p := s.peer(word, "192.0.2.9:5070")
				raw := strings.Join(plain(p, test.method, "sip:bob@nowhere.example"), "\r\n") + "\r\n" + test.extra
				raw = strings.TrimSuffix(raw, "\r\n") + "\r\n\r\n"
				if strings.Contains(raw, "Content-Length") {
					raw += "hi"
				}
				p.agent.Receive(p, []byte(raw))
				response := p.status(test.status)
				name, value, _ := strings.Cut(test.header, ": ")
				if got := response.GetHeader(name); name != "" && (got == nil || got.Value() != value) {
					t.Errorf("%s is %v, want %q", name, got, value)
				}
				p.quiet()
				stats := s.agent.Stats()
				if len(s.incoming) != 0 || stats.ServerTransactions != 0 {
					t.Error("something is left of it")
				}
				if test.status != 200 && stats.Refused+stats.Malformed != 1 {
					t.Errorf("counted: %+v", stats)
				}
			})
		}
	}
}

func TestHopsRunOut(t *testing.T) {
	s := newSetup(t)
	p := s.peer("TCP", "192.0.2.9:5070")
	lines := newScript(p).lines("INVITE", "1")
	lines[2] = "Max-Forwards: 0"
	p.say("sdp", lines...)
	p.status(483)

	alice := s.peer("WS", "192.0.2.10:1")
	lines = plain(alice, "REGISTER", "sip:up.example", "Contact: <sip:a@x.invalid>")
	lines[2], lines[3], lines[4] = "Max-Forwards: 0", "From: <sip:alice@up.example>;tag=x", "To: <sip:alice@up.example>"
	alice.say("", lines...)
	alice.status(483)
}

func TestHopCountCrosses(t *testing.T) {
	for given, want := range map[string]int{"Max-Forwards: 12": 12, "Max-Forwards: 200": 70, "X-None: 1": 70} {
		t.Run(given, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("TCP", "192.0.2.9:5070")
			lines := newScript(p).lines("INVITE", "1")
			lines[2] = given
			p.say("sdp", lines...)
			leg := within(t, s.incoming, "call")
			if got := leg.Request().MaxForwards; got != want {
				t.Errorf("%d hops are left, want %d", got, want)
			}
		})
	}
}

func TestChallengeLeavesNothingAndIsSteady(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	script.from = "<sip:alice@local.example>;tag=a"
	lines := script.lines("INVITE", "1")
	p.say("sdp", lines...)
	first := p.status(407)
	p.say("sdp", lines...) // a retransmission
	second := p.status(407)
	if message.Tag(first) == "" || message.Tag(first) != message.Tag(second) {
		t.Errorf("tags %q and %q", message.Tag(first), message.Tag(second))
	}
	p.say("", script.lines("CANCEL", "1")...)
	p.status(481)
	script.to = first.To().Value()
	p.say("", script.lines("ACK", "1")...)
	p.quiet()
	stats := s.agent.Stats()
	if stats.Challenged != 2 || stats.ServerTransactions != 0 || stats.Dialogs != 0 || len(s.incoming) != 0 {
		t.Errorf("stats %+v", stats)
	}
	script.to = "<sip:bob@out.example>"
	p.say("sdp", script.lines("INVITE", "2")...)
	if other := p.status(407); message.Tag(other) == message.Tag(first) {
		t.Error("another request has the same tag")
	}
}

func TestCallerMayOnlyBeHimself(t *testing.T) {
	s := newSetup(t)
	p := s.peer("WS", "192.0.2.9:5070")
	script := newScript(p)
	script.from = "<sip:bob@local.example>;tag=a"
	p.say("sdp", script.lines("INVITE", "1")...)
	challenge := p.status(407).GetHeader("Proxy-Authenticate").Value()
	p.say("sdp", script.lines("INVITE", "2",
		"Proxy-Authorization: "+authorization(challenge, "alice", "INVITE", script.requestURI))...)
	p.status(403)
	p.say("sdp", script.lines("INVITE", "3")...)
	challenge = p.status(407).GetHeader("Proxy-Authenticate").Value()
	p.say("sdp", script.lines("INVITE", "4",
		"Proxy-Authorization: "+authorization(challenge, "bob", "INVITE", script.requestURI))...)
	leg := within(t, s.incoming, "call")
	if asked := leg.Request(); asked.User != "bob@local.example" || asked.Origin != bridge.OriginUser {
		t.Errorf("asked %+v", asked)
	}
	script.from = `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=b`
	script.callID = "other"
	p.say("sdp", script.lines("INVITE", "1")...)
	leg = within(t, s.incoming, "call")
	if asked := leg.Request(); asked.User != "bob@local.example" || asked.From.URI != "sip:anonymous@anonymous.invalid" {
		t.Errorf("anonymous: %+v", asked)
	}
}

func TestOnlyHarmlessHeadersCross(t *testing.T) {
	extra := []string{
		"X-Custom: yes", "P-Asserted-Identity: <sip:boss@out.example>", "Privacy: id", "Remote-Party-ID: <sip:boss@x>",
		"P-Preferred-Identity: sip:boss@x", "Identity: abc", "Proxy-Authorization: Digest username=\"a\"",
		"Authorization: Digest username=\"a\"", "Route: <sip:192.0.2.99;lr>", "Record-Route: <sip:192.0.2.98;lr>",
		"Subject: hello", "Alert-Info: <http://x>;info=auto-answer", "Diversion: <sip:boss@x>",
		"X-Big: " + strings.Repeat("x", 5000),
	}
	for remote, want := range map[string]string{
		"192.0.2.9:5070":  "X-Custom Identity Subject Diversion",            // a stranger
		"192.0.2.50:5060": "X-Custom Identity Subject Alert-Info Diversion", // the upstream server
	} {
		t.Run(remote, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer("UDP", remote)
			leg := s.invite(newScript(p), extra...)
			var names []string
			for _, header := range leg.Request().Headers {
				names = append(names, header.Name)
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("these cross: %q, want %q", got, want)
			}
		})
	}
}

func TestMergedInviteIsRefused(t *testing.T) {
	s := newSetup(t)
	p := s.peer("UDP", "192.0.2.9:5070")
	script := newScript(p)
	leg := s.invite(script)
	p.say("sdp", script.lines("INVITE", "1")...) // another branch
	p.status(482)
	script.requestURI = "sip:carol@out.example" // forked by a server to another user
	p.say("sdp", script.lines("INVITE", "1")...)
	within(t, s.incoming, "second call")
	leg.Hangup(bridge.Cause{Status: 486})
	p.status(486)
	event[bridge.Ended](t, leg)
}

func TestCancelRightBehindItsInvite(t *testing.T) {
	for _, word := range []string{"UDP", "TCP", "WS"} {
		t.Run(word, func(t *testing.T) {
			s := newSetup(t)
			p := s.peer(word, "192.0.2.9:5070")
			for call := range 50 {
				script := newScript(p)
				script.callID = fmt.Sprintf("call-%d", call)
				script.branch = 2 * call
				p.say("sdp", script.lines("INVITE", "1")...)
				p.say("", script.lines("CANCEL", "1")...)
				statuses := map[int]bool{p.final().StatusCode: true, p.final().StatusCode: true}
				if !statuses[200] || !statuses[487] {
					t.Fatalf("answers %v", statuses)
				}
				p.say("", script.lines("ACK", "1")...)
			}
			s.settled()
		})
	}
}

func TestFloodOfJunkIsOneLogLine(t *testing.T) {
	var log bytes.Buffer
	s := newSetup(t, func(options *Options, _ *Agent) { options.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	p := s.peer("WS", "192.0.2.9:5070")
	for range 200 {
		p.say("", plain(p, "INVITE", "sip:a@b", "Max-Forwards: many")...)
		p.status(400)
	}
	if lines := strings.Count(log.String(), "\n"); lines == 0 || lines > 60 {
		t.Errorf("%d lines", lines)
	}
	if stats := s.agent.Stats(); stats.Malformed != 200 {
		t.Errorf("stats %+v", stats)
	}
}

func TestMessageOnWebSocketIsLimitedByTheConfiguration(t *testing.T) {
	s := newSetup(t, func(options *Options, _ *Agent) { options.MaxMessage = 4096 })
	p := s.peer("WS", "192.0.2.9:5070")
	p.say(strings.Repeat("x", 5000), newScript(p).lines("INVITE", "1")...)
	p.status(513)
}

// final waits for the next final response.
func (p *peer) final() *sip.Response {
	p.t.Helper()
	for {
		if response, ok := p.next().(*sip.Response); ok && response.StatusCode >= 200 {
			return response
		}
	}
}
