package digest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	guardTries = 5
	guardLock  = 30 * time.Second
)

func TestGuardIsBounded(t *testing.T) {
	now := newClock().now
	g := NewGuard(2, time.Second)
	for i := range maxSuspects + 100 {
		name := strings.Repeat("u", i%7) + time.Duration(i).String()
		g.Fail(name, name, now)
		g.Succeed(name, "other")
	}
	for _, size := range []int{
		len(g.pairs.entries), len(g.sources.entries), len(g.names.entries), len(g.proved.entries), g.pairs.order.Len(),
	} {
		if size != maxSuspects {
			t.Errorf("%d are remembered", size)
		}
	}
}

func TestGuardForgetsAfterQuiet(t *testing.T) {
	now := newClock().now
	g := NewGuard(2, time.Second)
	g.Fail("u", "s", now)
	if g.Fail("u", "s", now.Add(11*time.Second)) {
		t.Error("locked by failures far apart")
	}
	if !g.Fail("u", "s", now.Add(12*time.Second)) {
		t.Error("not locked by failures close together")
	}
}

// One source that tries many names is locked, but not for a name that was proved there.
func TestGuardLocksASourceOfManyNames(t *testing.T) {
	now := newClock().now
	g := NewGuard(guardTries, guardLock)
	g.Succeed("colleague", "office")
	for i := range manyNames * guardTries {
		if g.Locked("newcomer", "office", now) > 0 {
			t.Fatalf("locked after %d names", i)
		}
		g.Fail(fmt.Sprintf("name%d", i), "office", now)
	}
	if g.Locked("newcomer", "office", now) != guardLock {
		t.Error("a further name may be tried")
	}
	if g.Locked("colleague", "office", now) != 0 {
		t.Error("who was proved there is locked out")
	}
	if g.Locked("newcomer", "elsewhere", now) != 0 {
		t.Error("another source is locked")
	}
	if g.Locked("newcomer", "office", now.Add(guardLock)) != 0 {
		t.Error("locked for ever")
	}
}

// A phone with a wrong password that never gives up is locked itself; its neighbours aren't.
func TestGuardSparesTheNeighbours(t *testing.T) {
	now := newClock().now
	g := NewGuard(guardTries, guardLock)
	for range 20 * manyNames * guardTries {
		now = now.Add(guardLock + time.Second)
		g.Fail("stubborn", "office", now)
	}
	if g.Locked("stubborn", "office", now) == 0 || g.Locked("neighbour", "office", now) != 0 {
		t.Error("not the phone but its source is locked")
	}
}

// A name that is tried from many sources stays open to its user, wherever he is; guessers have one try each.
func TestGuardLeavesTheUserIn(t *testing.T) {
	now := newClock().now
	g := NewGuard(guardTries, guardLock)
	g.Succeed("alice", "home")
	for i := range manySources * guardTries {
		g.Fail("alice", fmt.Sprintf("bot%d", i), now)
	}
	if g.Locked("alice", "home", now) != 0 || g.Locked("alice", "hotel", now) != 0 {
		t.Fatal("alice is locked out")
	}
	if !g.Fail("alice", "bot", now) {
		t.Error("a guesser has a second try")
	}
	if g.Fail("alice", "home", now) {
		t.Error("alice may not mistype once where she was proved")
	}
	if !g.Fail("alice", "hotel", now) || g.Locked("alice", "hotel", now.Add(guardLock)) != 0 {
		t.Error("where she was not, she has one try at a time")
	}
}
