package sessiontimer

import "testing"

func TestObjection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		headers []string
		status  int
		least   string
	}{
		"nothing is said":                {nil, 0, ""},
		"long enough":                    {[]string{"Supported", "timer", "Session-Expires", "90"}, 0, ""},
		"too short":                      {[]string{"Supported", "timer", "Session-Expires", "89"}, 422, "90"},
		"too short, and required":        {[]string{"Require", "timer", "Session-Expires", "1"}, 422, "90"},
		"too short, of who knows no 422": {[]string{"Session-Expires", "1"}, 0, ""},
		"no number":                      {[]string{"Session-Expires", "soon"}, 400, ""},
		"too large a number":             {[]string{"Session-Expires", "4294967296"}, 400, ""},
	} {
		status, headers := Objection(invite(test.headers...))
		least := ""
		if len(headers) > 0 {
			least = headers[0].Value()
		}
		if status != test.status || least != test.least {
			t.Errorf("%s: %d %v", name, status, headers)
		}
	}
}

// FuzzSessionExpires: what can be read has an interval that is a time, and is written as it was read.
func FuzzSessionExpires(f *testing.F) {
	for _, seed := range []string{"90;refresher=uac", " 1800 ; Refresher = UAS ;x", "4294967296", ";;;=", "-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		asked := invite("Session-Expires", value)
		Objection(asked)
		read, ok := parse(asked)
		if !ok {
			return
		}
		if read == nil || read.interval < 0 {
			t.Fatalf("%q is %+v", value, read)
		}
		again, ok := parse(invite("Session-Expires", read.header().Value()))
		if !ok || again.interval != read.interval {
			t.Errorf("%q is %+v, and then %+v", value, read, again)
		}
	})
}
