package digest

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	icholy "github.com/icholy/digest"

	"sipbridge/bridge"
)

const realm = "example.test"

// passwords are accounts whose hashes are made from their passwords.
type passwords map[string]string

func (p passwords) HA1(user, realm string, algorithm Algorithm) (string, bool) {
	password, ok := p[user]
	return HA1(algorithm, user, realm, password), ok
}

// md5Only is an account kept as an MD5 hash.
type md5Only string

func (m md5Only) HA1(_, _ string, algorithm Algorithm) (string, bool) {
	return string(m), algorithm == MD5
}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)} }

func newAuthenticator(at *clock) *Authenticator {
	return New(Options{Accounts: passwords{"alice": "secret", "bob": "hunter2"}, Now: at.Now})
}

func attemptOn(transport string) Attempt {
	return Attempt{
		Method: "REGISTER", URI: "sip:example.test", Realm: realm, Transport: transport,
		Source: netip.MustParseAddr("192.0.2.7"),
	}
}

// causeOf fails the test unless err is a bridge.Cause.
func causeOf(t *testing.T, err error) bridge.Cause {
	t.Helper()
	var cause bridge.Cause
	if !errors.As(err, &cause) {
		t.Fatalf("error %v isn't a Cause", err)
	}
	return cause
}

// challengesOf asks without credentials and gives the challenges.
func challengesOf(t *testing.T, a *Authenticator, attempt Attempt) []string {
	t.Helper()
	attempt.Credentials = nil
	_, err := a.Verify(attempt)
	cause := causeOf(t, err)
	if cause.Status != 401 && cause.Status != 407 {
		t.Fatalf("status %d", cause.Status)
	}
	values := make([]string, 0, len(cause.Headers))
	for _, header := range cause.Headers {
		values = append(values, header.Value)
	}
	return values
}

// answerOf answers a challenge as another implementation of digest does.
func answerOf(t *testing.T, challenge string, attempt Attempt, user, password string, count int) string {
	t.Helper()
	parsed, err := icholy.ParseChallenge(challenge)
	if err != nil {
		t.Fatal(err)
	}
	given, err := icholy.Digest(parsed, icholy.Options{
		Method: attempt.Method, URI: attempt.URI, Username: user, Password: password, Count: count,
	})
	if err != nil {
		t.Fatal(err)
	}
	return given.String()
}

func nonceOf(t *testing.T, challenge string) string {
	t.Helper()
	parsed, err := icholy.ParseChallenge(challenge)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Nonce
}
