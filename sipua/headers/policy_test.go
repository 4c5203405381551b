package headers_test

import (
	"errors"
	"testing"

	"sipbridge/sipua/headers"
)

func mustNew(t *testing.T, pass, strip []string) headers.Policy {
	t.Helper()
	policy, err := headers.New(pass, strip)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// TestWhatCrossesByDefault is the table as an operator may want to read it.
func TestWhatCrossesByDefault(t *testing.T) {
	t.Parallel()
	const nobody = headers.Server + 1
	for _, test := range []struct {
		name     string
		from     headers.Sender // the least known one from whom it crosses in calls
		up, down bool
	}{
		{"User-to-User", headers.Stranger, true, true},
		{"reason", headers.Stranger, true, true},
		{"Identity", headers.Stranger, true, true},
		{"Diversion", headers.Stranger, true, true},
		{"History-Info", headers.Stranger, true, true},
		{"CALL-INFO", headers.User, true, true},
		{"Alert-Info", headers.User, true, true},
		{"X-Ticket", headers.Stranger, true, true},
		{"P-Early-Media", headers.Stranger, true, true},
		{"P-Preferred-Service", headers.Stranger, true, true},
		{"P-Anything", headers.Stranger, true, true},
		{"P-Charging-Vector", headers.Server, false, true},
		{"P-Charging-Function-Addresses", headers.Server, false, true},
		{"P-Asserted-Service", headers.Server, false, true},
		{"P-Served-User", headers.Server, false, true},
		{"P-DCS-Billing-Info", headers.Server, false, true},
		{"P-Asserted-Identity", nobody, false, false},
		{"P-Preferred-Identity", nobody, false, false},
		{"Privacy", nobody, false, false},
		{"Remote-Party-ID", nobody, false, false},
		{"Via", nobody, false, false},
		{"Contact", nobody, false, false},
		{"Record-Route", nobody, false, false},
		{"Route", nobody, false, false},
		{"Path", nobody, false, false},
		{"Service-Route", nobody, false, false},
		{"Server", nobody, false, false},
		{"User-Agent", nobody, false, false},
		{"Call-ID", nobody, true, true},
		{"Event", nobody, true, true},
		{"SIP-If-Match", nobody, true, true},
		{"Content-Type", nobody, true, true},
		{"Authorization", nobody, true, false},
		{"Proxy-Authenticate", nobody, false, true},
		{"Replaces", nobody, false, false},
		{"Unheard-Of", nobody, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var policy headers.Policy
			for _, from := range []headers.Sender{headers.Stranger, headers.User, headers.Server} {
				if got := policy.InCall(test.name, from); got != (from >= test.from) {
					t.Errorf("from sender %d it crosses: %v", from, got)
				}
			}
			if policy.Up(test.name) != test.up || policy.Down(test.name) != test.down {
				t.Errorf("up %v, down %v", policy.Up(test.name), policy.Down(test.name))
			}
		})
	}
}

func TestWhatTheConfigurationChanges(t *testing.T) {
	t.Parallel()
	policy := mustNew(t, []string{"x-open-*", "Unheard-Of", "alert-info"}, []string{"Diversion", "X-Open-Secret", "P-*"})
	for name, want := range map[string]bool{
		"X-Open-Door": true, "X-Open-Secret": false, "X-Other": true, "unheard-of": true, "Reason": true,
		"Alert-Info": true, "Call-Info": false,
	} {
		if got := policy.InCall(name, headers.Stranger); got != want {
			t.Errorf("%s of a stranger crosses: %v", name, got)
		}
	}
	for _, name := range []string{"Diversion", "X-Open-Secret", "P-Early-Media"} {
		if policy.InCall(name, headers.Server) || policy.Up(name) || policy.Down(name) || !policy.Strips(name) {
			t.Errorf("%s is not stripped", name)
		}
	}
	if policy.Strips("Reason") || policy.Strips("P-Asserted-Identity") {
		t.Error("what nobody wanted stripped is, or what is decided elsewhere")
	}
	if !policy.Up("Unheard-Of") || !policy.Up("Authorization") || !policy.Down("Call-ID") {
		t.Error("what has to cross does not")
	}
}

func TestNamesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{
		"": headers.ErrName, "*": headers.ErrName, "X Y": headers.ErrName, "X-*-Y": headers.ErrName,
		"X-A\r\nVia": headers.ErrName, "Contact": headers.ErrFixed, "Authorization": headers.ErrFixed,
		"P-Asserted-Identity": headers.ErrFixed, "call-id": headers.ErrFixed,
	} {
		if _, err := headers.New([]string{name}, nil); !errors.Is(err, want) {
			t.Errorf("pass %q: %v", name, err)
		}
		if _, err := headers.New(nil, []string{name}); !errors.Is(err, want) {
			t.Errorf("strip %q: %v", name, err)
		}
	}
	// What belongs to the bridge stays so under a pattern.
	if mustNew(t, []string{"c*"}, nil).InCall("Contact", headers.Server) {
		t.Error("a pattern lets Contact cross")
	}
	if !mustNew(t, nil, []string{"c*"}).Up("Call-ID") {
		t.Error("a pattern strips Call-ID")
	}
}

func TestWarningHidesWhoWarns(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`399 10.0.0.5:5060 "Noisy feedback: tells all"`: `399 sipbridge "Noisy feedback: tells all"`,
		`nonsense`: `399 sipbridge "Unknown"`,
	} {
		if got := headers.Value("warning", given); got != want {
			t.Errorf("%s became %s", given, got)
		}
	}
	if got := headers.Value("Reason", "Q.850;cause=16"); got != "Q.850;cause=16" {
		t.Errorf("Reason became %s", got)
	}
}
