package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "a?b #.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// active makes an account that is activated.
func active(t *testing.T, s *Store, email string) Account {
	t.Helper()
	must(t, s.Ask(t.Context(), Account{Name: "A", Email: email, Code: "code", Next: "hash", Asked: time.Now()}))
	a, err := s.Account(t.Context(), email)
	if err == nil {
		err = s.Activate(t.Context(), a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAccountIsActivatedByItsCode(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), t.Context()
	if _, err := s.Account(ctx, "a@example.com"); !errors.Is(err, ErrNone) {
		t.Fatalf("an account that is not there gives %v", err)
	}
	a := active(t, s, "a@example.com")
	again, err := s.Account(ctx, "A@Example.com")
	if err != nil || !again.Activated() || again.Secret != "hash" || again.Code != "" || again.Next != "" {
		t.Fatalf("%+v, %v", again, err)
	}
	// A second wish changes nothing until its code is used.
	must(t, s.Ask(ctx, Account{Name: "B", Email: "a@example.com", Code: "new", Next: "other", Asked: time.Now()}))
	must(t, s.AddSession(ctx, a.ID, "session", time.Now().Add(time.Hour)))
	again, err = s.Account(ctx, "a@example.com")
	if err != nil || again.Secret != "hash" || again.Name != "A" || again.Next != "other" {
		t.Fatalf("%+v, %v", again, err)
	}
	must(t, s.Activate(ctx, again))
	if again, err = s.Account(ctx, "a@example.com"); err != nil || again.Secret != "other" {
		t.Errorf("%+v, %v", again, err)
	}
	if good, err := s.HasSession(ctx, a.ID, "session", time.Now()); good || err != nil {
		t.Errorf("a session outlives the password that it was opened with: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	s, ctx, now := open(t), t.Context(), time.Now()
	a, b := active(t, s, "a@example.com"), active(t, s, "b@example.com")
	if err := s.AddSession(ctx, a.ID, "x", now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		account int64
		hash    string
		at      time.Time
		good    bool
	}{
		{a.ID, "x", now, true}, {b.ID, "x", now, false}, {a.ID, "y", now, false}, {a.ID, "x", now.Add(time.Hour), false},
	} {
		if good, err := s.HasSession(ctx, test.account, test.hash, test.at); err != nil || good != test.good {
			t.Errorf("%+v gives %v, %v", test, good, err)
		}
	}
	if err := s.Purge(ctx, now.Add(-time.Hour), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if good, _ := s.HasSession(ctx, a.ID, "x", now); good {
		t.Error("a session that ended is still there")
	}
}

func TestPurgeTakesWhatNobodyActivated(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), t.Context()
	active(t, s, "a@example.com")
	must(t, s.Ask(ctx, Account{Email: "b@example.com", Code: "c", Next: "n", Asked: time.Now().Add(-3 * time.Hour)}))
	if err := s.Purge(ctx, time.Now().Add(-time.Hour), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Account(ctx, "a@example.com"); err != nil {
		t.Error(err)
	}
	if _, err := s.Account(ctx, "b@example.com"); !errors.Is(err, ErrNone) {
		t.Errorf("an account that nobody activated is still there: %v", err)
	}
}

// TestNobodyTouchesWhatIsAnothers: every deletion and addition names the account.
func TestNobodyTouchesWhatIsAnothers(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), t.Context()
	a, b := active(t, s, "a@example.com"), active(t, s, "b@example.com")
	must(t, s.AddAddress(ctx, a.ID, "sip:a@example.com", 2))
	must(t, s.AddOrigin(ctx, a.ID, "https://a.example", 2))
	address := addresses(t, s, a)[0]
	must(t, s.AddCaller(ctx, a.ID, Caller{Address: address.ID, IMPU: "sip:x@example.com", HA1: "sealed"}, 2))
	caller := addresses(t, s, a)[0].Callers[0]
	origins, err := s.Origins(ctx, a.ID)
	must(t, err)
	for what, err := range map[string]error{
		"an address":      s.DeleteAddress(ctx, b.ID, address.ID),
		"a caller":        s.DeleteCaller(ctx, b.ID, caller.ID),
		"an origin":       s.DeleteOrigin(ctx, b.ID, origins[0].ID),
		"another address": s.AddCaller(ctx, b.ID, Caller{Address: address.ID}, 2),
	} {
		if !errors.Is(err, ErrNone) {
			t.Errorf("%s of another account can be changed: %v", what, err)
		}
	}
	must(t, s.DeleteCaller(ctx, a.ID, caller.ID))
	must(t, s.DeleteOrigin(ctx, a.ID, origins[0].ID))
	must(t, s.DeleteAddress(ctx, a.ID, address.ID))
	if left := addresses(t, s, a); len(left) != 0 {
		t.Errorf("%+v are left", left)
	}
}

func TestAccountsHaveBounds(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), t.Context()
	a := active(t, s, "a@example.com")
	must(t, s.AddAddress(ctx, a.ID, "sip:1@example.com", 2))
	if err := s.AddAddress(ctx, a.ID, "sip:1@example.com", 2); !errors.Is(err, ErrFull) {
		t.Errorf("the same address twice gives %v", err)
	}
	must(t, s.AddAddress(ctx, a.ID, "sip:2@example.com", 2))
	if err := s.AddAddress(ctx, a.ID, "sip:3@example.com", 2); !errors.Is(err, ErrFull) {
		t.Errorf("a third of two addresses gives %v", err)
	}
	first := addresses(t, s, a)[0]
	must(t, s.AddCaller(ctx, a.ID, Caller{Address: first.ID}, 1))
	if err := s.AddCaller(ctx, a.ID, Caller{Address: first.ID}, 1); !errors.Is(err, ErrNone) {
		t.Errorf("a second of one caller gives %v", err)
	}
}

func TestOwnersAreActivated(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), t.Context()
	a := active(t, s, "a@example.com")
	must(t, s.AddAddress(ctx, a.ID, "sip:1@example.com", 2))
	owners, err := s.Owners(ctx, "sip:1@example.com")
	if err != nil || len(owners) != 1 || owners[0].ID != a.ID {
		t.Errorf("%+v, %v", owners, err)
	}
	if owners, err = s.Owners(ctx, "sip:2@example.com"); err != nil || len(owners) != 0 {
		t.Errorf("%+v, %v", owners, err)
	}
}

func TestOpenAgain(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c2c.db")
	s, err := Open(t.Context(), file)
	must(t, err)
	active(t, s, "a@example.com")
	must(t, s.Close())
	s, err = Open(t.Context(), file)
	must(t, err)
	if _, err = s.Account(t.Context(), "a@example.com"); err != nil {
		t.Errorf("what was stored is lost: %v", err)
	}
	_, err = s.db.ExecContext(t.Context(), "PRAGMA user_version = 99")
	must(t, err)
	must(t, s.Close())
	if _, err = Open(context.Background(), file); err == nil {
		t.Error("a database of a newer program was opened")
	}
}

func addresses(t *testing.T, s *Store, a Account) []Address {
	t.Helper()
	all, err := s.Addresses(t.Context(), a.ID)
	must(t, err)
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
