package digest

import (
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

func TestGuardIsBounded(t *testing.T) {
	now := newClock().now
	g := newGuard(2, time.Second)
	for i := range maxSuspects + 100 {
		g.fail(strings.Repeat("u", i%7)+time.Duration(i).String(), "s", now)
	}
	if len(g.suspects.entries) != maxSuspects || g.suspects.order.Len() != maxSuspects {
		t.Errorf("%d suspects", len(g.suspects.entries))
	}
}

func TestGuardForgetsAfterQuiet(t *testing.T) {
	now := newClock().now
	g := newGuard(2, time.Second)
	g.fail("u", "s", now)
	if g.fail("u", "s", now.Add(11*time.Second)) {
		t.Error("locked by failures far apart")
	}
	if !g.fail("u", "s", now.Add(12*time.Second)) {
		t.Error("not locked by failures close together")
	}
}
