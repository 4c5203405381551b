package identity

import (
	"fmt"
	"testing"
	"time"

	"sipbridge/bridge"
)

const aliceRegisters = "sip:alice@local.example"

// TestRegistrant by each kind of proof.
func TestRegistrant(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	connection := newFlow("TCP", phone)
	_, refusal := s.Registrant(connection, requestFrom(t, "REGISTER", aliceRegisters), "local.example")
	refused(t, refusal, 401)
	if len(bridge.CauseOf(refusal).Headers) == 0 || bridge.CauseOf(refusal).Headers[0].Name != "WWW-Authenticate" {
		t.Errorf("challenged by %+v", refusal)
	}
	temporary := fmt.Sprintf("%d:alice", time.Now().Add(time.Hour).Unix())
	for name, test := range map[string]struct {
		credentials   string
		status        int
		ends, vouched bool
	}{
		"digest":               {answer(t, refusal, "alice", "REGISTER"), 0, false, false},
		"a temporary account":  {answer(t, s.challenge(t, connection), temporary, "REGISTER"), 0, true, true},
		"a token":              {bearer(t, "alice", time.Hour), 0, true, true},
		"a token that ended":   {bearer(t, "alice", -time.Hour), 401, false, false},
		"a token of elsewhere": {bearer(t, "alice@up.example", time.Hour), 403, false, false},
		"no token at all":      {"bearer x", 401, false, false},
	} {
		request := requestFrom(t, "REGISTER", aliceRegisters, "Authorization: "+test.credentials)
		proof, err := s.Registrant(connection, request, "local.example")
		if test.status != 0 {
			refused(t, err, test.status)
			continue
		}
		if err != nil || proof.User != alice || proof.Until.IsZero() == test.ends || proof.Vouched != test.vouched {
			t.Errorf("%s: %+v, %v", name, proof, err)
		}
	}
	if s.BadTokens() != 2 || s.complaints != 2 {
		t.Errorf("%d tokens counted, %d told", s.BadTokens(), s.complaints)
	}
	if got := s.options.Users.Of(connection); got != "" {
		t.Errorf("before the registration the connection is of %q", got)
	}
}

// challenge is the refusal of a registration without credentials.
func (s *setup) challenge(t *testing.T, connection *flow) error {
	t.Helper()
	_, refusal := s.Registrant(connection, requestFrom(t, "REGISTER", aliceRegisters), "local.example")
	return refusal
}

// TestProxiesAreNobody: on their connections many speak.
func TestProxiesAreNobody(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	for via, want := range map[string]string{"": alice, "Via: SIP/2.0/TCP 192.0.2.77;branch=z9hG4bKy": ""} {
		connection := newFlow("TCP", phone)
		lines := []string{"Expires: 60"}
		if via != "" {
			lines = append(lines, via)
		}
		s.Remember(connection, requestFrom(t, "REGISTER", aliceRegisters, lines...), Proof{User: alice})
		if got := s.options.Users.Of(connection); got != want {
			t.Errorf("with %q it is of %q, want %q", via, got, want)
		}
	}
}

// TestIsOwnToken: tokens stay here where we check them, and are nothing to us elsewhere.
func TestIsOwnToken(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	for value, own := range map[string]bool{
		"Bearer a.b.c": true, " bearer  x": true, "Bearer": false, "Digest username=\"bearer\"": false, "": false,
	} {
		if got := s.IsOwnToken(value); got != own {
			t.Errorf("%q is ours: %v", value, got)
		}
	}
	s.options.Tokens = nil
	if s.IsOwnToken("Bearer a.b.c") {
		t.Error("without keys it is ours")
	}
	_, refusal := s.Registrant(newFlow("TCP", phone), requestFrom(t, "REGISTER", aliceRegisters,
		"Authorization: "+bearer(t, "alice", time.Hour)), "local.example")
	if len(bridge.CauseOf(refusal).Headers) < 2 || s.BadTokens() != 0 {
		t.Errorf("without keys: %v", refusal)
	}
}

// FuzzBearer: what stands in an Authorization header is a token, or it is not.
func FuzzBearer(f *testing.F) {
	f.Add("Bearer a.b.c")
	f.Add("\tBEARER  ")
	f.Fuzz(func(t *testing.T, value string) {
		if text, found := cutBearer(value); found && len(text)+len("Bearer ") > len(value) {
			t.Errorf("%q of %q", text, value)
		}
	})
}
