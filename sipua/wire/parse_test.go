package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/wire"
)

// request gives an INVITE with more header lines put behind its own, each ended by CRLF.
func request(more string) string {
	return "INVITE sip:bob@example.com SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n" +
		"From: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>\r\n" +
		"Call-ID: c1\r\nCSeq: 1 INVITE\r\n" + more + "\r\n"
}

func parse(t *testing.T, raw string) *sip.Request {
	t.Helper()
	message, err := wire.Parse([]byte(raw), wire.StreamLimits())
	if err != nil {
		t.Fatalf("%v\n%q", err, raw)
	}
	parsed, ok := message.(*sip.Request)
	if !ok {
		t.Fatalf("got a %T", message)
	}
	return parsed
}

func TestTortuousInvite(t *testing.T) {
	t.Parallel()
	r := parse(t, string(read(t, "testdata/rfc4475/wsinv.dat")))
	if tag, _ := r.To().Params.Get("tag"); tag != "1918181833n" {
		t.Errorf("To tag %q", tag)
	}
	if tag, _ := r.From().Params.Get("tag"); tag != "98asjd8" {
		t.Errorf("From tag %q", tag)
	}
	vias := r.GetHeaders("Via")
	if len(vias) != 3 {
		t.Fatalf("%d Via", len(vias))
	}
	for i, want := range []string{
		"SIP/2.0/UDP 192.0.2.2;branch=390skdjuw",
		"SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8",
		"SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239",
	} {
		if vias[i].Value() != want {
			t.Errorf("Via %d is %q, want %q", i, vias[i].Value(), want)
		}
	}
	if r.CSeq().SeqNo != 9 || r.MaxForwards().Val() != 68 {
		t.Errorf("CSeq %v, Max-Forwards %v", r.CSeq(), r.MaxForwards())
	}
	if q, _ := r.Contact().Params.Get("q"); q != "0.33" {
		t.Errorf("q=%q", q)
	}
	if r.From().DisplayName != `J Rosenberg \\\"` {
		t.Errorf("display name %q", r.From().DisplayName)
	}
	if len(r.Body()) != 150 {
		t.Errorf("%d bytes of body", len(r.Body()))
	}
}

func TestNormalise(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ line, header, want string }{
		"supported":           {"k: timer", "Supported", "timer"},
		"event":               {"o: presence", "Event", "presence"},
		"session expires":     {"x : 90", "Session-Expires", "90"},
		"case":                {"wWw-AUTHENTICATE: Digest", "WWW-Authenticate", "Digest"},
		"unknown kept":        {"x-Foo-BAR: 1", "x-Foo-BAR", "1"},
		"fold":                {"Subject: a\r\n  b\r\n\tc", "Subject", "a b c"},
		"param case":          {"m: <sip:a@b>;Expires=5 ; Q = 0.5", "Contact", "<sip:a@b>;expires=5;q=0.5"},
		"quoted params":       {`m: <sip:a@b>;d="x;y, z";e=1`, "Contact", `<sip:a@b>;d="x;y, z";e=1`},
		"quoted comma":        {`m: "a, b" <sip:a@b>`, "Contact", `"a, b" <sip:a@b>`},
		"bare contact":        {"m: sip:a@b;expires=5", "Contact", "<sip:a@b>;expires=5"},
		"flag before headers": {"r: <sip:a@b;ob?Replaces=x%3D1>", "Refer-To", "<sip:a@b;ob?Replaces=x%3D1>"},
		"URI param":           {"Route: <sip:[::1]:5070;LR;Transport=ws>", "Route", "<sip:[::1]:5070;lr;transport=ws>"},
		"tel":                 {"m: <tel:+358-9-123;ext=1>", "Contact", "<tel:+358-9-123;ext=1>"},
		"backslash name":      {`m: a\b <sip:a@b>`, "Contact", `"a\\b" <sip:a@b>`},
		"star":                {"m: *", "Contact", "*"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parse(t, request(test.line+"\r\n"))
			headers := r.GetHeaders(test.header)
			if len(headers) != 1 || headers[0].Name() != test.header {
				t.Fatalf("got %v", headers)
			}
			raw, err := wire.Bytes(r)
			if err != nil {
				t.Fatal(err)
			}
			if want := test.header + ": " + test.want + "\r\n"; !strings.Contains(string(raw), "\r\n"+want) {
				t.Errorf("no %q in\n%s", want, raw)
			}
		})
	}
}

func TestViaIPv6(t *testing.T) {
	t.Parallel()
	r := parse(t, string(read(t, "testdata/rfc5118/ipv4-mapped-ipv6-fixedcl.dat")))
	raw, err := wire.Bytes(r)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\r\n"; !strings.Contains(string(raw), want) {
		t.Errorf("no %q in\n%s", want, raw)
	}
}

func TestMethodsAreCaseSensitive(t *testing.T) {
	t.Parallel()
	raw := strings.ReplaceAll(request(""), "INVITE", "invite")
	if r := parse(t, raw); r.Method != "invite" {
		t.Errorf("method %q", r.Method)
	}
}

func TestContentLength(t *testing.T) {
	t.Parallel()
	if r := parse(t, request("l: 2\r\n")+"abcd"); string(r.Body()) != "ab" {
		t.Errorf("body %q, want it cut", r.Body())
	}
	if r := parse(t, request("")+"abcd"); string(r.Body()) != "abcd" || *r.ContentLength() != 4 {
		t.Errorf("body %q, want all", r.Body())
	}
	if r := parse(t, "\r\n\r\n"+request("")); *r.ContentLength() != 0 {
		t.Errorf("Content-Length %v", r.ContentLength())
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	swap := func(old, text string) string { return strings.Replace(request(""), old, text, 1) }
	tests := map[string]struct {
		raw    string
		status int
	}{
		"bare LF in a header":       {request("X-A: 1\nX-B: 2\r\n"), 400},
		"bare CR in a header":       {request("X-A: 1\rX-B: 2\r\n"), 400},
		"NUL":                       {request("X-A: a\x00b\r\n"), 400},
		"NUL quoted elsewhere":      {request("X-A: a\\\x00b\r\n"), 400},
		"no colon":                  {request("X-A\r\n"), 400},
		"blank name":                {request(": 1\r\n"), 400},
		"name with a blank":         {request("X A: 1\r\n"), 400},
		"two Content-Length":        {request("l: 0\r\nContent-Length: 0\r\n"), 400},
		"two Content-Type":          {request("c: a/b\r\nContent-Type: a/b\r\n"), 400},
		"list in Content-Length":    {request("l: 0, 0\r\n"), 400},
		"signed Content-Length":     {request("l: +0\r\n"), 400},
		"long Content-Length":       {request("l: 5\r\n") + "abcd", 400},
		"huge Content-Length":       {request("l: 99999999999999999999\r\n"), 400},
		"two From":                  {request("f: <sip:eve@example.com>;tag=b\r\n"), 400},
		"two Via branches":          {swap("branch=z9hG4bK1", "branch=z9hG4bK1;BRANCH=z9hG4bK2"), 400},
		"two tags":                  {swap(";tag=a", ";tag=a;tag=b"), 400},
		"empty tag":                 {swap(";tag=a", ";tag="), 400},
		"no From":                   {swap("From", "X-From"), 400},
		"no To":                     {swap("To", "X-To"), 400},
		"no Call-ID":                {swap("Call-ID", "X-Call-ID"), 400},
		"empty Call-ID":             {swap("c1", ""), 400},
		"no CSeq":                   {swap("CSeq", "X-CSeq"), 400},
		"CSeq without method":       {swap("1 INVITE", "1"), 400},
		"other CSeq":                {swap("1 INVITE", "1 BYE"), 400},
		"large CSeq":                {swap("1 INVITE", "2147483648 INVITE"), 400},
		"Max-Forwards 256":          {request("Max-Forwards: 256\r\n"), 400},
		"Max-Forwards -1":           {request("Max-Forwards: -1\r\n"), 400},
		"version":                   {swap("SIP/2.0\r\n", "SIP/3.0\r\n"), 505},
		"scheme":                    {swap("INVITE sip:", "INVITE http:"), 416},
		"long URI":                  {swap("bob@", strings.Repeat("b", 600)+"@"), 414},
		"URI with headers":          {swap("bob@example.com ", "bob@example.com?Route=x "), 400},
		"URI with junk behind IPv6": {swap("bob@example.com ", "bob@[::1]evil "), 400},
		"URI port":                  {swap("bob@example.com ", "bob@example.com:99999 "), 400},
		"two at":                    {swap("bob@example.com ", "bob@a@b "), 400},
		"comma without brackets":    {request("Route: sip:a@b,c\r\n"), 400},
		"open bracket":              {request("Contact: <sip:a@b\r\n"), 400},
		"text behind the bracket":   {request("Contact: <sip:a@b> x\r\n"), 400},
		"no empty line":             {strings.TrimSuffix(request(""), "\r\n"), 400},
		"large message":             {request("") + strings.Repeat("x", 20000), 513},
		"long line":                 {request("X-A: " + strings.Repeat("x", 8200) + "\r\n"), 400},
		"many headers":              {request(strings.Repeat("X-A: 1\r\n", 130)), 400},
		"many Contacts":             {request("m: " + strings.Repeat("<sip:a@b>,", 300) + "<sip:a@b>\r\n"), 400},
		"many Via":                  {request(strings.Repeat("v: SIP/2.0/UDP h\r\n", 41)), 400},
		"many params":               {request("m: <sip:a@b>" + manyParams(65) + "\r\n"), 400},
		"many URI params":           {request("m: <sip:a@b" + manyParams(65) + ">\r\n"), 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wire.Parse([]byte(test.raw), wire.StreamLimits())
			checkRefusal(t, err, test.status, false)
		})
	}
}

func manyParams(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ";p%d=1", i)
	}
	return b.String()
}

func TestDropSilently(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"empty":          "",
		"keep-alive":     "\r\n\r\n",
		"garbage":        "\x00\xff\x16\x03\x01 \r\n\r\n",
		"HTTP":           "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"response":       "SIP/2.0 200 OK\r\n\r\n",
		"status 700":     "SIP/2.0 700 OK\r\n\r\n",
		"NUL in reason":  "SIP/2.0 200 O\x00K\r\n\r\n",
		"bad ACK":        strings.ReplaceAll(request("l: x\r\n"), "INVITE", "ACK"),
		"without Via":    strings.Replace(request(""), "Via", "X-Via", 1),
		"folded Via":     strings.Replace(request(""), "Via", " Via", 1),
		"unreadable Via": strings.Replace(request(""), "SIP/2.0/UDP", "SIP", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wire.Parse([]byte(raw), wire.StreamLimits())
			var refusal *wire.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %v, want an Error", err)
			}
			if refusal.Response() != nil {
				t.Errorf("%v would be answered", refusal)
			}
		})
	}
}

func TestWebSocketLimits(t *testing.T) {
	t.Parallel()
	raw := []byte(request("") + strings.Repeat("x", 20000))
	if _, err := wire.Parse(raw, wire.WebSocketLimits()); err != nil {
		t.Error(err)
	}
}
