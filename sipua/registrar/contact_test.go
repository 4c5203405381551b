package registrar

import (
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestParseContacts(t *testing.T) {
	tests := []struct {
		name string
		text string
		want []string // as printed, with "|" and what expires said; nil: refused
	}{
		{"plain", `<sip:a@b>`, []string{`<sip:a@b>|`}},
		{"expires anywhere", `<sip:a@b>;x=1;expires=5;y`, []string{`<sip:a@b>;x=1;y|5`}},
		{"name in capitals", `<sip:a@b>;EXPIRES=5`, []string{`<sip:a@b>|5`}},
		{"first expires counts", `<sip:a@b>;expires=5;expires=6`, []string{`<sip:a@b>|5`}},
		{"no brackets", `sip:a@b;expires=5;q=0.1`, []string{`<sip:a@b>;q=0.1|5`}},
		{"no blank before the bracket", `"Alice T"<sip:a@b>`, []string{`"Alice T" <sip:a@b>|`}},
		{"plain words", `Alice T <sip:a@b>`, []string{`"Alice T" <sip:a@b>|`}},
		{"escapes in the name", `"a\"b, <c>;" <sip:a@b>;x`, []string{`"a\"b, <c>;" <sip:a@b>;x|`}},
		{
			"several", `<sip:a@b;m="x,y">;expires=1, "q, r" <sips:c@d>;q=0.5,sip:e@f`, nil, // quotes in a URI
		},
		{
			"several", `<sip:a@b;m=x,y>;expires=1, "q, r" <sips:c@d>;q=0.5,sip:e@f`,
			[]string{`<sip:a@b;m=x,y>|1`, `"q, r" <sips:c@d>;q=0.5|`, `<sip:e@f>|`},
		},
		{
			"quoted parameter", `<sip:a@b>;+sip.instance="<urn:uuid:1>";methods="INVITE, ACK;x";l="en,fr"`,
			[]string{`<sip:a@b>;+sip.instance="<urn:uuid:1>";methods="INVITE, ACK;x";l="en,fr"|`},
		},
		{"blanks", ` <sip:a@b> ; q = 0.5 ; ; expires = 7 , `, []string{`<sip:a@b>;q=0.5|7`}},
		{"nothing", ``, []string{}},
		{
			"IPv6", `<sip:a@[2001:db8::1]:5070;transport=tcp>;received=[::1]`,
			[]string{`<sip:a@[2001:db8::1]:5070;transport=tcp>;received=[::1]|`},
		},
		{"headers", `<sip:a@b?Route=%3Csip:c%3E>`, []string{`<sip:a@b?Route=%3Csip:c%3E>|`}},
		{"escapes", `<sip:%00@b>,<sip:%00%00@b>`, []string{`<sip:%00@b>|`, `<sip:%00%00@b>|`}},
		{"no user", `<sip:192.0.2.1:16449>`, []string{`<sip:192.0.2.1:16449>|`}},
		{"tel", `<tel:+123>`, nil},
		{"other scheme", `<name:John_Smith>`, nil},
		{"no host", `<sip:a@>`, nil},
		{"a host that is none", `sip:@@`, nil},
		{"star among others", `*, <sip:a@b>`, nil},
		{"open bracket", `<sip:a@b`, nil},
		{"no bracket to close", `sip:a@b>`, nil},
		{"open quote", `"a <sip:a@b>`, nil},
		{"quote in plain words", `a"b <sip:a@b>`, nil},
		{"text behind", `<sip:a@b> x`, nil},
		{"two addresses", `<sip:a@b> <sip:c@d>`, nil},
		{"open quote in a parameter", `<sip:a@b>;x="y`, nil},
		{"bad parameter", `<sip:a@b>;x=<y>`, nil},
		{"parameter without a name", `<sip:a@b>;=y`, nil},
		{"line break", "<sip:a@b>;x=1\r\nX: y", nil},
		{"NUL", "<sip:a\x00@b>", nil},
		{"blank in the URI", `<sip:a b@c>`, nil},
		{"not ASCII", `<sip:jürgen@b>`, nil},
		{"too many parameters", `<sip:a@b>` + strings.Repeat(";x", maxContactParams+1), nil},
		{"too many", strings.Repeat(`<sip:a@b>,`, maxContacts+1), nil},
		{"too long", `<sip:` + strings.Repeat("a", maxContactText) + `@b>`, nil},
	}
	for _, test := range tests {
		contacts, star, err := parseContacts(test.text)
		if (err == nil) != (test.want != nil) || star {
			t.Errorf("%s: star %t, error %v", test.name, star, err)
			continue
		}
		var got []string
		for i := range contacts {
			got = append(got, contacts[i].String()+"|"+contacts[i].expires)
		}
		if !slices.Equal(got, test.want) && len(got)+len(test.want) > 0 {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestParseStar(t *testing.T) {
	for _, text := range []string{"*", " * "} {
		if contacts, star, err := parseContacts(text); !star || err != nil || len(contacts) != 0 {
			t.Errorf("%q: %v, %t, %v", text, contacts, star, err)
		}
	}
}

func TestSameURI(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"sip:a@b", "sip:a@B", true},
		{"sip:%61@b", "sip:a@b", true},
		{"sip:a@b", "sip:A@b", false},
		{"sip:a@b", "sips:a@b", false},
		{"sip:a@b", "sip:a@b:5060", false}, // RFC 3261 section 19.1.4 says so
		{"sip:a@b;line=1", "sip:a@b;line=2", false},
		{"sip:a@b;line=1", "sip:a@b", true},
		{"sip:a@b;transport=tcp", "sip:a@b", false},
		{"sip:a@b;transport=TCP;x=1", "sip:a@b;x=1;Transport=tcp", true},
		{"sip:a:p@b", "sip:a@b", false},
		{"sip:a@b?x=1", "sip:a@b", false},
		{"sip:a@b?x=1", "sip:a@b?x=1", true},
		{"sip:%00@b", "sip:%00%00@b", false},
	}
	for _, test := range tests {
		var a, b sip.Uri
		if sip.ParseUri(test.a, &a) != nil || sip.ParseUri(test.b, &b) != nil {
			t.Fatalf("%s or %s can't be read", test.a, test.b)
		}
		if sameURI(a, b) != test.want || sameURI(b, a) != test.want {
			t.Errorf("%s and %s: not %t", test.a, test.b, test.want)
		}
	}
}

func FuzzParseContacts(f *testing.F) {
	f.Add(`<sip:cbgbujij@h8h191fkc2sv.invalid;transport=ws>;+sip.ice;reg-id=1;` +
		`+sip.instance="<urn:uuid:7c4de861-e0ab-4101-87eb-525776b74977>";expires=600`)
	f.Add(`"Alice T"<sip:alice@df7jal23ls0d.invalid;rtcweb-breaker=no;transport=ws>;expires=200;click2call=no`)
	f.Add(`"undefined"<sips:alice@df7jal23ls0d.invalid;transport=wss>;expires=200;click2call=no,sip:a@b;q=0.3`)
	f.Add(`*`)
	f.Add(`"a\"b, <c>" <sip:a@[::1]?x=y>;z=":";;`)
	f.Fuzz(func(t *testing.T, text string) {
		contacts, _, err := parseContacts(text)
		if err != nil {
			return
		}
		for i := range contacts {
			printed := contacts[i].String()
			if strings.ContainsFunc(printed, isControl) {
				t.Fatalf("control character let through: %q", printed)
			}
			again, _, err := parseContacts(printed)
			if err != nil || len(again) != 1 || again[0].String() != printed {
				t.Fatalf("%q was read again as %v, error %v", printed, again, err)
			}
		}
	})
}
