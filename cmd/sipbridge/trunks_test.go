package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckOfTrunks: what only the parts themselves can judge of trunks and dialing rules is told by check, too.
func TestCheckOfTrunks(t *testing.T) {
	t.Parallel()
	const carrier = "trunks: [{name: carrier, next_hop: 'sip:192.0.2.1', username: a"
	for _, test := range []struct{ file, want string }{
		{carrier + ", codecs: [PCMA, MP3]}]", `trunks[0]: trunk "carrier": "MP3" is no codec`},
		{carrier + ", called_out: ['( -> 1']}]", "called_out"},
		{carrier + ", domain: 'a b'}]", `"a b" is no domain`},
		{carrier + ", expires: 1s}]", "no time for a registration"},
		{carrier + "}]\nrules: []", "unknown key"},
		{carrier + "}]\nroutes: [{from: users, match: ^sip, to: 'trunk:carier'}]", `there is no trunk "carier"`},
		{carrier + "}]\nroutes: [{from: users, match: ^sip, to: 'trunk:Carrier'}]", ""},
		{"dialing: {normalize: ['0']}", "dialing.normalize"},
		{"dialing: {rules: [{}, {numbers: ['^(']}]}", "dialing.rules: dialing rule 1"},
	} {
		path := filepath.Join(t.TempDir(), "sipbridge.yaml")
		if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadConfiguration(path, nil)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.file, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s gives %v, which does not say %q", test.file, err, test.want)
		}
	}
}
