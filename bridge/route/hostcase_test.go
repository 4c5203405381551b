package route

import "testing"

// TestHostsHaveNoCase: an expression names hosts as they are written elsewhere, in upper or lower case.
func TestHostsHaveNoCase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		match, uri string
		want       bool
	}{
		{`^sip:bob@Example\.COM$`, "sip:bob@example.com", true},
		{`^sip:Bob@Example\.COM$`, "sip:bob@example.com", false}, // names have case
		{`^sip:Bob@Example\.COM$`, "sip:Bob@example.com", true},
		{`^sips?:(?:Bob@A|Ann@B)\.Test$`, "sip:Ann@b.test", true},
		{`^sip:(?:Bob@|Ann)B$`, "sip:Annb", false}, // not behind an @ in each case
		{`^sip:(\w+@)?B$`, "sip:b", false},
		{`^sip:(\w+@)+B$`, "sip:a@b", true},
		{`^sip:(?i:bob)@(?i:X|Y)\.(Test|Org)(:\d+)?$`, "sip:BOB@y.org:5060", true},
		{`^sip:[A-Z]+@[A-Za-z]+\D$`, "sip:ANN@host.", true},
		{`^sip:.*@[^E]`, "sip:a@e", true}, // what is not in it is left alone
		{`^sip:.*@[^e]`, "sip:a@e", false},
		{`^sip:.*@(PbxA|PbxB)\.Test$`, "sip:a@pbxb.test", true}, // which is read as Pbx[AB]
		{`^sip:.*@[A-Z0-9]+\.Test$`, "sip:a@host1.test", true},
		{`^sip:.*@[^\x00-\x{10FFFF}]?`, "sip:a@b", true}, // nothing is in it
		{`^sip:[AB]@[AB]$`, "sip:a@b", false},
		{`^urn:service:sos`, "urn:service:sos.fire", true},
	} {
		compiled, err := compileMatch(test.match)
		if err != nil {
			t.Fatal(err)
		}
		if got := compiled.MatchString(test.uri); got != test.want {
			t.Errorf("%s matches %s: %v, as %s", test.match, test.uri, got, compiled)
		}
	}
	if compiled, err := compileMatch(`^sip:(a)(?P<b>@C)`); err != nil || compiled.NumSubexp() != 2 {
		t.Errorf("%v: %v", compiled, err)
	}
	if _, err := compileMatch(`(`); err == nil {
		t.Error("half an expression is taken")
	}
}
