package h264

import "testing"

func TestProfiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Profile{
		"42e01f": ConstrainedBaseline, "42801F": Baseline, "42001f": Baseline, "": Baseline, "4d801f": ConstrainedBaseline,
		"4d001f": Main, "58c01f": ConstrainedBaseline, "58001f": Extended, "64001f": High, "640c1f": ConstrainedHigh,
		"f4001f": OtherHigh, "000000": ProfileUnknown,
	} {
		id, ok := ParseProfileLevelID(text)
		if !ok || id.Profile() != want {
			t.Errorf("%q is %d, %t; want %d", text, id.Profile(), ok, want)
		}
	}
	for _, text := range []string{"42e0", "42e01f00", "42e01g"} {
		if _, ok := ParseProfileLevelID(text); ok {
			t.Errorf("%q is read", text)
		}
	}
}

func parsed(t *testing.T, text string) Parameters {
	t.Helper()
	parameters, ok := ParseParameters(text)
	if !ok {
		t.Fatalf("%q cannot be used", text)
	}
	return parameters
}

func TestFits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"profile-level-id=42e01f;packetization-mode=1", "packetization-mode=1; profile-level-id=42C00D", true},
		{"profile-level-id=42e01f;packetization-mode=1", "profile-level-id=42e01f", false},
		{"profile-level-id=42801F", "profile-level-id=42e01f;packetization-mode=0", true},
		{"", "profile-level-id=42e01f", true},
		{"profile-level-id=640c1f", "profile-level-id=64001f", true},
		{"profile-level-id=64001f", "profile-level-id=4d001f", false},
		{"profile-level-id=4d001f", "profile-level-id=42e01f", false},
	} {
		a, b := parsed(t, test.a), parsed(t, test.b)
		if a.Fits(b) != test.want || b.Fits(a) != test.want {
			t.Errorf("%q and %q: %t", test.a, test.b, !test.want)
		}
	}
}

// TestAnswer holds RFC 6184 section 8.2.2: the profile is that of the offer, the level the lower one.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, offered, far, want string }{
		{
			"a browser's answer to a phone", "profile-level-id=42801e;packetization-mode=1",
			"profile-level-id=42e034;packetization-mode=1;level-asymmetry-allowed=1",
			"profile-level-id=42801e;packetization-mode=1",
		},
		{
			"a lower level", "profile-level-id=42e01f",
			"profile-level-id=42800d;max-br=300;sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==",
			"profile-level-id=42e00d;max-br=300;sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==",
		},
		{
			"levels of their own", "profile-level-id=428016;packetization-mode=1;level-asymmetry-allowed=1",
			"profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
			"profile-level-id=42801f;packetization-mode=1;level-asymmetry-allowed=1",
		},
		{"level 1b", "profile-level-id=42e00b", "profile-level-id=42f00b", "profile-level-id=42f00b"},
	} {
		if got := parsed(t, test.offered).Answer(parsed(t, test.far)).String(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestConstrained spells profiles as browsers do.
func TestConstrained(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"profile-level-id=42801F":                      "profile-level-id=42e01f",
		"profile-level-id=42900b;packetization-mode=1": "profile-level-id=42f00b;packetization-mode=1",
		"profile-level-id=4d801f":                      "profile-level-id=42e01f",
		"profile-level-id=64000d":                      "profile-level-id=640c0d",
		"profile-level-id=4d0028":                      "profile-level-id=4d0028",
	} {
		if got := parsed(t, text).Constrained().String(); got != want {
			t.Errorf("%s is spelt %s, want %s", text, got, want)
		}
	}
}

// FuzzParameters holds that what is printed is read as the same again, and adds no other parameter or line.
func FuzzParameters(f *testing.F) {
	f.Add("profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1;max-br=5")
	f.Add("sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==;profile-level-id=42801F")
	f.Add("sprop-parameter-sets=0000\n0000")
	f.Fuzz(func(t *testing.T, text string) {
		parameters, ok := ParseParameters(text)
		if !ok {
			return
		}
		again, ok := ParseParameters(parameters.String())
		if !ok || again != parameters {
			t.Fatalf("%q is printed as %q and read as %+v", text, parameters, again)
		}
		for _, octet := range []byte(parameters.String()) {
			if octet < ' ' || octet > '~' {
				t.Fatalf("%q is printed as %q", text, parameters)
			}
		}
	})
}
