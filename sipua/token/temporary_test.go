package token

import (
	"testing"
	"time"
)

// The password is what "openssl dgst -sha1 -hmac north -binary | base64" makes of the name.
func TestTemporary(t *testing.T) {
	t.Parallel()
	account, ok := ParseTemporary("1700000000:alice")
	if !ok || account.User != "alice" || !account.Until.Equal(time.Unix(1700000000, 0)) {
		t.Fatalf("%+v, %v", account, ok)
	}
	if got := account.Password("north"); got != "Cd/49soE35ICqcJF/bCTn8Z4OyE=" {
		t.Errorf("password %q", got)
	}
}

func TestOrdinaryNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "alice", ":alice", "1700000000:", "x:alice", "-1:alice", "99999999999999999999:alice", "1:", "+1:alice",
	} {
		if account, ok := ParseTemporary(name); ok {
			t.Errorf("%q is taken for %+v", name, account)
		}
	}
}

func FuzzParseTemporary(f *testing.F) {
	f.Add("1700000000:alice")
	f.Fuzz(func(t *testing.T, name string) {
		if account, ok := ParseTemporary(name); ok && (account.User == "" || account.Name != name) {
			t.Errorf("%+v", account)
		}
	})
}
