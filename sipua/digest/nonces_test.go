package digest

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestForgedNonce(t *testing.T) {
	now := newClock().now
	n := newNonces(time.Minute)
	nonce := n.mint(now, realm, "192.0.2.1")
	if at, ok := n.made(nonce, realm, "192.0.2.1"); !ok || !at.Equal(now) {
		t.Fatalf("made at %v, %t", at, ok)
	}
	for i := range nonce {
		forged := []byte(nonce)
		forged[i] = 'A' + (forged[i]+1)%26
		if string(forged) != nonce && n.use(string(forged), realm, "192.0.2.1", 1, now) {
			t.Errorf("forged nonce %s accepted", forged)
		}
	}
	for _, bad := range []string{"", "x", strings.Repeat("!", len(nonce)), nonce + "A"} {
		if n.use(bad, realm, "192.0.2.1", 1, now) {
			t.Errorf("nonce %q accepted", bad)
		}
	}
}

// A full table forgets the oldest nonce, but a replay of it is not accepted for that.
func TestNoReplayFromAFullTable(t *testing.T) {
	now := newClock().now
	n := newNonces(time.Minute)
	n.used = newTable[string, nonceUse](4)
	var spent []string
	for range 10 {
		now = now.Add(time.Millisecond)
		nonce := n.mint(now, realm, "s")
		if !n.use(nonce, realm, "s", 1, now) {
			t.Fatal("fresh nonce refused")
		}
		spent = append(spent, nonce)
	}
	for i, nonce := range spent {
		if n.use(nonce, realm, "s", 1, now) {
			t.Errorf("nonce %d accepted twice", i)
		}
	}
}

func TestOldNoncesAreForgotten(t *testing.T) {
	now := newClock().now
	n := newNonces(time.Minute)
	for range 10 {
		n.use(n.mint(now, realm, "s"), realm, "s", 1, now)
	}
	now = now.Add(2 * time.Minute)
	if !n.use(n.mint(now, realm, "s"), realm, "s", 1, now) || len(n.used.entries) != 1 {
		t.Errorf("%d nonces remembered", len(n.used.entries))
	}
}

// sipML5 goes on with one nonce inside a dialog and counts its ACK, which nobody verifies: 1, 3, 4.
func TestNonceCountOfSipML5(t *testing.T) {
	a := newAuthenticator(newClock())
	attempt := attemptOn("WS")
	challenge := challengesOf(t, a, attempt)[0]
	for _, step := range []struct {
		count int
		want  error
	}{{1, nil}, {3, nil}, {4, nil}, {4, ErrStale}, {1, ErrStale}, {2, nil}, {2, ErrStale}, {200, nil}, {5, ErrStale}} {
		attempt.Credentials = []string{answerOf(t, challenge, attempt, "alice", "secret", step.count)}
		if _, err := a.Verify(attempt); !errors.Is(err, step.want) {
			t.Errorf("nc %d: error %v, want %v", step.count, err, step.want)
		}
	}
}

// JsSIP and SIP.js ask for a new nonce for every request and count from 1 each time.
func TestNonceCountOfJsSIP(t *testing.T) {
	a := newAuthenticator(newClock())
	attempt := attemptOn("WSS")
	for range 3 {
		challenge := challengesOf(t, a, attempt)[0]
		attempt.Credentials = []string{answerOf(t, challenge, attempt, "alice", "secret", 1)}
		if _, err := a.Verify(attempt); err != nil {
			t.Error(err)
		}
	}
}

func TestStaleNonce(t *testing.T) {
	at := newClock()
	a := newAuthenticator(at)
	attempt := attemptOn("WS")
	challenge := challengesOf(t, a, attempt)[0]
	attempt.Credentials = []string{answerOf(t, challenge, attempt, "alice", "secret", 1)}
	at.now = at.now.Add(5*time.Minute + time.Second)
	_, err := a.Verify(attempt)
	if !errors.Is(err, ErrStale) {
		t.Fatalf("error %v", err)
	}
	again := causeOf(t, err).Headers[0].Value
	attempt.Credentials = []string{answerOf(t, again, attempt, "alice", "secret", 1)}
	if _, err = a.Verify(attempt); err != nil {
		t.Errorf("with the new nonce: %v", err)
	}
	attempt.Credentials = []string{answerOf(t, challenge, attempt, "alice", "wrong", 1)}
	if _, err = a.Verify(attempt); !errors.Is(err, ErrDenied) {
		t.Errorf("an old nonce hides a wrong password: %v", err)
	}
}

func TestNonceOfAnotherProcessIsStale(t *testing.T) {
	attempt := attemptOn("WS")
	challenge := challengesOf(t, newAuthenticator(newClock()), attempt)[0]
	attempt.Credentials = []string{answerOf(t, challenge, attempt, "alice", "secret", 1)}
	if _, err := newAuthenticator(newClock()).Verify(attempt); !errors.Is(err, ErrStale) {
		t.Errorf("error %v", err)
	}
}

func TestSourceOfIPv6IsItsNetwork(t *testing.T) {
	a := newAuthenticator(newClock())
	attempt := attemptOn("WS")
	attempt.Source = netip.MustParseAddr("2001:db8::1")
	challenge := challengesOf(t, a, attempt)[0]
	attempt.Credentials = []string{answerOf(t, challenge, attempt, "alice", "secret", 1)}
	attempt.Source = netip.MustParseAddr("2001:db8:0:1::2")
	if _, err := a.Verify(attempt); !errors.Is(err, ErrStale) {
		t.Errorf("other network: %v", err)
	}
	attempt.Source = netip.MustParseAddr("2001:db8::2")
	if _, err := a.Verify(attempt); err != nil {
		t.Errorf("same network: %v", err)
	}
}
