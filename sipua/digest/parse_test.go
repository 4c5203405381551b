package digest

import (
	"strings"
	"testing"
)

func TestParseDirectives(t *testing.T) {
	tests := []struct {
		header string
		want   directives // nil: refused
	}{
		{`Digest a=b`, directives{"a": "b"}},
		{`digest  A = "b" ,c=d`, directives{"a": "b", "c": "d"}},
		{"DIGEST\ta=\"x, y=z\",b=1\t", directives{"a": "x, y=z", "b": "1"}},
		{`Digest a="q\"uo\\te"`, directives{"a": `q"uo\te`}},
		{`Digest a="",b=`, directives{"a": "", "b": ""}},
		{`Digest a=b,, ,c=d,`, directives{"a": "b", "c": "d"}},
		{`Digest uri=sip:a@b;x=y`, directives{"uri": "sip:a@b;x=y"}},
		{`Digest `, directives{}},
		{`Digest`, nil},
		{`Digesta=b`, nil},
		{`Basic a=b`, nil},
		{``, nil},
		{`Digest a`, nil},
		{`Digest =b`, nil},
		{`Digest a b=c`, nil},
		{`Digest a="b`, nil},
		{`Digest a="b\`, nil},
		{`Digest a="b"c=d`, nil},
		{`Digest a=b"c"`, nil},
		{`Digest a=1, A=2`, nil},
		{"Digest a=\"b\r\nX: y\"", nil},
		{"Digest a=\"\x00\"", nil},
		{`Digest a="` + strings.Repeat("x", maxHeader) + `"`, nil},
		{`Digest ` + manyDirectives(maxDirectives+1), nil},
	}
	for _, test := range tests {
		got, err := parseDirectives(test.header)
		if (err == nil) != (test.want != nil) {
			t.Errorf("%q: error %v", test.header, err)
			continue
		}
		if len(got) != len(test.want) {
			t.Errorf("%q: got %v", test.header, got)
		}
		for name, value := range test.want {
			if got[name] != value {
				t.Errorf("%q: %s is %q, want %q", test.header, name, got[name], value)
			}
		}
	}
}

func manyDirectives(count int) string {
	var text strings.Builder
	for i := range count {
		text.WriteString("a" + strings.Repeat("b", i) + "=1,")
	}
	return text.String()
}

func TestSameTarget(t *testing.T) {
	tests := []struct {
		uri, requestURI string
		want            bool
	}{
		{"sip:example.test", "sip:example.test", true},
		{"sip:example.test", "sip:EXAMPLE.test:5060;transport=tcp", true},
		{"sip:bob@example.test;x=y?h=1", "sip:bob@example.test", true},
		{"sip:%62ob@example.test", "sip:bob@example.test", true},
		{"sip:bob@example.test", "sip:Bob@example.test", false},
		{"sip:bob@example.test", "sip:example.test", false},
		{"sip:bob@example.test:5060", "sip:bob@example.test:5070", false},
		{"sip:bob@example.test", "sips:bob@example.test", false},
		{"tel:+123", "tel:+123", true},
		{"tel:+123", "tel:+1234", false},
		{"", "sip:example.test", false},
		{"/index.html", "sip:example.test", false},
		{"sip:" + strings.Repeat("a", maxURI), "sip:b", false},
	}
	for _, test := range tests {
		if got := sameTarget(test.uri, test.requestURI); got != test.want {
			t.Errorf("%q and %q: %t", test.uri, test.requestURI, got)
		}
	}
}

func FuzzParseCredentials(f *testing.F) {
	f.Add(`Digest algorithm=MD5, username="alice", realm="example.test", nonce="n", uri="sip:example.test", ` +
		`response="59d0d8951919c293d032c7ebfc00ac63", qop=auth, cnonce="5bls7bh7m1l3", nc=00000001`)
	f.Add(`Digest username="alice",realm="example.test",nonce="",uri="sip:example.test",response=""`)
	f.Add(`Digest algorithm="MD5",cnonce="c",nc=ffffffff,nonce="\"",qop=auth-int,realm=a,response=b,uri=c,username=d`)
	f.Add(`Digest a=1,,a=`)
	f.Fuzz(func(t *testing.T, header string) {
		parsed, err := parseCredentials(header)
		if err != nil {
			return
		}
		if strings.ContainsFunc(parsed.user+parsed.uri+parsed.nonce, isControl) {
			t.Errorf("control character let in: %+v", parsed)
		}
		again, err := parseDirectives(`Digest username=` + quote(parsed.user) + `, uri=` + quote(parsed.uri))
		if err == nil && (again["username"] != parsed.user || again["uri"] != parsed.uri) {
			t.Errorf("%q and %q became %v", parsed.user, parsed.uri, again)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(`Digest realm="example.test", nonce="n", algorithm=SHA-256, qop="auth,auth-int", opaque="o", stale=TRUE`)
	f.Add(`Digest realm="a\"b", nonce="c\\d", qop="auth"`)
	f.Add(`Digest nonce=x, algorithm=MD5-sess`)
	f.Fuzz(func(t *testing.T, header string) {
		login := Login{User: "alice", Password: "secret"}
		value, err := Answer([]string{header}, "REGISTER", "sip:example.test", login)
		if err != nil {
			return
		}
		given, err := parseCredentials(value)
		if err != nil && len(value) <= maxHeader {
			t.Fatalf("%q was answered by %q: %v", header, value, err)
		}
		if err == nil && (given.user != "alice" || given.uri != "sip:example.test") {
			t.Errorf("%q was answered by %q", header, value)
		}
	})
}
