package proxy_test

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/proxy"
	"sipbridge/sipua/wire"
)

const invite = "INVITE sip:bob@us.example SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\n" +
	"Route: <sip:us.example;lr>\r\nMax-Forwards: 17\r\nFrom: <sip:alice@us.example>;tag=a\r\n" +
	"To: <sip:bob@us.example>\r\n" +
	"Call-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@x.invalid;rtcweb-breaker=no>;+sip.ice\r\n" +
	"Proxy-Authorization: Digest username=\"alice\"\r\nP-Asserted-Identity: <sip:boss@us.example>\r\n" +
	"X-Custom: yes\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nsdp"

func request(t *testing.T, text string) *sip.Request {
	t.Helper()
	message, err := wire.Parse([]byte(text), wire.WebSocketLimits())
	if err != nil {
		t.Fatal(err)
	}
	parsed, ok := message.(*sip.Request)
	if !ok {
		t.Fatalf("a %T", message)
	}
	return parsed
}

func TestForward(t *testing.T) {
	t.Parallel()
	for _, credentials := range []bool{true, false} {
		sent := proxy.Forward(request(t, invite), proxy.Hop{
			RequestURI:  sip.Uri{Scheme: "sip", User: "bob", Host: "y.invalid"},
			RecordRoute: sip.Uri{Scheme: "sip", User: "token", Host: "192.0.2.1", UriParams: sip.HeaderParams{{K: "lr"}}},
			Routes:      []sip.Uri{{Scheme: "sip", Host: "edge.example"}}, Credentials: credentials,
		})
		raw, err := wire.Bytes(sent)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		for _, want := range []string{
			"INVITE sip:bob@y.invalid SIP/2.0\r\n", "Record-Route: <sip:token@192.0.2.1;lr>\r\n",
			"Route: <sip:edge.example>\r\n", "Max-Forwards: 16\r\n", "From: <sip:alice@us.example>;tag=a\r\n",
			"Contact: <sip:alice@x.invalid;rtcweb-breaker=no>;+sip.ice\r\n", "X-Custom: yes\r\n", "\r\n\r\nsdp",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
		for _, gone := range []string{"Via:", "us.example;lr", "P-Asserted-Identity"} {
			if strings.Contains(text, gone) {
				t.Errorf("%q in %s", gone, text)
			}
		}
		if strings.Contains(text, "Proxy-Authorization") != credentials {
			t.Errorf("credentials %v: %s", credentials, text)
		}
	}
}

func TestRespond(t *testing.T) {
	t.Parallel()
	received := request(t, invite)
	came := sip.NewResponseFromRequest(received, 302, "Elsewhere", nil)
	came.RemoveHeader("Via")
	came.AppendHeader(sip.NewHeader("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKours"))
	came.AppendHeader(sip.NewHeader("Contact", "<sip:carol@y.invalid>"))
	for _, name := range []string{"P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"} {
		came.AppendHeader(sip.NewHeader(name, "<sip:boss@us.example>"))
	}
	back := proxy.Respond(received, came)
	raw, err := wire.Bytes(back)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	if !strings.HasPrefix(text, "SIP/2.0 302 Elsewhere\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\n") ||
		strings.Contains(text, "z9hG4bKours") || strings.Contains(text, "boss") ||
		!strings.Contains(text, "Contact: <sip:carol@y.invalid>") {
		t.Errorf("sent %s", text)
	}
}
