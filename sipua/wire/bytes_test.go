package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/wire"
)

func outgoing() *sip.Request {
	var uri sip.Uri
	uri.Scheme, uri.User, uri.Host = "sip", "bob", "example.com"
	r := sip.NewRequest(sip.INVITE, uri)
	r.AppendHeader(&sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "::1"})
	r.AppendHeader(&sip.FromHeader{Address: uri, Params: sip.HeaderParams{{K: "tag", V: "1"}}})
	r.AppendHeader(&sip.ToHeader{Address: uri})
	callID := sip.CallIDHeader("c1")
	r.AppendHeader(&callID)
	r.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: sip.INVITE})
	return r
}

func TestBytesCountsTheBody(t *testing.T) {
	t.Parallel()
	r := outgoing()
	r.AppendHeader(sip.NewHeader("l", "99"))
	r.AppendHeader(sip.NewHeader("Content-Length", "98"))
	r.SetBody([]byte("grüße"))
	raw, err := wire.Bytes(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(raw), "ength:") != 1 || !strings.HasSuffix(string(raw), "\r\nContent-Length: 7\r\n\r\ngrüße") {
		t.Errorf("got\n%s", raw)
	}
	if strings.Contains(string(raw), "l: 99") {
		t.Errorf("a second Content-Length is left:\n%s", raw)
	}
}

func TestBytesRefusesSmuggling(t *testing.T) {
	t.Parallel()
	const evil = "a\r\nX-Internal-Auth: yes"
	tests := map[string]func(*sip.Request){
		"header value":  func(r *sip.Request) { r.AppendHeader(sip.NewHeader("Subject", evil)) },
		"header name":   func(r *sip.Request) { r.AppendHeader(sip.NewHeader(evil, "1")) },
		"LF":            func(r *sip.Request) { r.AppendHeader(sip.NewHeader("Subject", "a\nb")) },
		"CR":            func(r *sip.Request) { r.AppendHeader(sip.NewHeader("Subject", "a\rb")) },
		"NUL":           func(r *sip.Request) { r.AppendHeader(sip.NewHeader("Subject", "a\x00b")) },
		"display name":  func(r *sip.Request) { r.From().DisplayName = evil },
		"quote in name": func(r *sip.Request) { r.From().DisplayName = `a" <sip:eve@example.com>;x="` },
		"open escape":   func(r *sip.Request) { r.From().DisplayName = `a\` },
		"NUL in name":   func(r *sip.Request) { r.From().DisplayName = "a\x00" },
		"user":          func(r *sip.Request) { r.To().Address.User = evil },
		"bracket":       func(r *sip.Request) { r.To().Address.User = "a>,<sip:b" },
		"host":          func(r *sip.Request) { r.Recipient.Host = "a SIP/2.0\r\nX: y" },
		"param":         func(r *sip.Request) { r.To().Params.Add("tag", evil) },
		"param name":    func(r *sip.Request) { r.To().Params.Add("t;u", "1") },
		"param list":    func(r *sip.Request) { r.To().Params.Add("tag", "1;x=2") },
		"via host":      func(r *sip.Request) { r.Via().Host = "a;b" },
		"via transport": func(r *sip.Request) { r.Via().Transport = "UDP evil" },
		"method":        func(r *sip.Request) { r.Method = "INVITE sip:eve@example.com SIP/2.0\r\nX:" },
		"Call-ID": func(r *sip.Request) {
			callID := sip.CallIDHeader(evil)
			r.AppendHeader(&callID)
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := outgoing()
			spoil(r)
			if raw, err := wire.Bytes(r); !errors.Is(err, wire.ErrUnsafe) || raw != nil {
				t.Errorf("got %q, %v", raw, err)
			}
		})
	}
}

func TestBytesRefusesReason(t *testing.T) {
	t.Parallel()
	if _, err := wire.Bytes(sip.NewResponse(200, "OK\r\nX: y")); !errors.Is(err, wire.ErrUnsafe) {
		t.Errorf("got %v", err)
	}
	if _, err := wire.Bytes(sip.NewResponse(2000, "OK")); !errors.Is(err, wire.ErrUnsafe) {
		t.Errorf("got %v", err)
	}
}

func TestBytesQuotesOnce(t *testing.T) {
	t.Parallel()
	r := outgoing()
	r.To().Params.Add("a", "x y")
	r.To().Params.Add("b", `"x y"`)
	raw, err := wire.Bytes(r)
	if err != nil {
		t.Fatal(err)
	}
	if want := `To: <sip:bob@example.com>;a="x y";b="x y"` + "\r\n"; !strings.Contains(string(raw), want) {
		t.Errorf("no %q in\n%s", want, raw)
	}
	if want := "Via: SIP/2.0/UDP [::1]\r\n"; !strings.Contains(string(raw), want) {
		t.Errorf("no %q in\n%s", want, raw)
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	tests := []struct{ raw, want string }{
		{"Authorization: Digest u=\"a\",\r\n response=\"s3cret\"\r\nFrom: x\r\n", "Authorization: <redacted>\r\nFrom: x\r\n"},
		{"PROXY-authorization : Digest s3cret\r\n", "PROXY-authorization : <redacted>\r\n"},
		{"X-ICE-Servers: [{\"credential\":\"s3cret\"}]\r\n", "X-ICE-Servers: <redacted>\r\n"},
		{"Contact: <sip:a@b;ha1=s3cret;x=1>\r\n", "Contact: <sip:a@b;ha1=<redacted>;x=1>\r\n"},
		{"X: impi=a&Password = \"s3;cret\"&b\n", "X: impi=a&Password=<redacted>&b\n"},
		{"To: <sips:bob:s3cret@example.com:5061>", "To: <sips:bob:<redacted>@example.com:5061>"},
		{"Route: <sip:example.com:5060;lr>", "Route: <sip:example.com:5060;lr>"},
		{"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:s3cret\r\n", "a=crypto:<redacted>\r\n"},
		{"a=ice-pwd:s3cret\r\na=ice-ufrag:abcd\r\n", "a=ice-pwd:<redacted>\r\na=ice-ufrag:abcd\r\n"},
		{"Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\n", "Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\n"},
	}
	for _, test := range tests {
		if got := string(wire.Redact([]byte(test.raw))); got != test.want {
			t.Errorf("Redact(%q)\n got %q\nwant %q", test.raw, got, test.want)
		}
	}
}

func TestRedactKeepsOrdinaryMessages(t *testing.T) {
	t.Parallel()
	raw := read(t, "testdata/clients/jssip-register.sip")
	if got := wire.Redact(raw); string(got) != string(raw) {
		t.Errorf("changed to\n%s", got)
	}
}
