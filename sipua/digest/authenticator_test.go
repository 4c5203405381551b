package digest

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	icholy "github.com/icholy/digest"

	"sipbridge/bridge"
)

func TestChallengePerTransport(t *testing.T) {
	for transport, want := range map[string][]string{
		"WS": {"MD5"}, "WSS": {"MD5"}, "ws": {"MD5"},
		"UDP": {"SHA-256", "MD5"}, "TCP": {"SHA-256", "MD5"}, "TLS": {"SHA-256", "MD5"},
	} {
		challenges := challengesOf(t, newAuthenticator(newClock()), attemptOn(transport))
		var got []string
		for _, value := range challenges {
			parsed, err := icholy.ParseChallenge(value)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(parsed.QOP, []string{"auth"}) || parsed.Realm != realm || parsed.Stale {
				t.Errorf("%s: challenge %s", transport, value)
			}
			got = append(got, parsed.Algorithm)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: algorithms %v, want %v", transport, got, want)
		}
	}
}

func TestChallengeOfOldBaresip(t *testing.T) {
	for agent, want := range map[string]bool{
		"baresip v1.0.0 (x86_64/linux)": true, "baresip v2.10.0 (x86_64/linux)": false, "": false,
	} {
		request := sip.NewRequest(sip.REGISTER, sip.Uri{Scheme: "sip", Host: "example.test"})
		if agent != "" {
			request.AppendHeader(sip.NewHeader("User-Agent", agent))
		}
		if got := takesOnlyMD5(request); got != want {
			t.Errorf("%q takes only MD5: %v", agent, got)
		}
	}
	attempt := attemptOn("UDP")
	attempt.OnlyMD5 = true
	if got := challengesOf(t, newAuthenticator(newClock()), attempt); len(got) != 1 {
		t.Errorf("challenges %q", got)
	}
}

func TestChallengeText(t *testing.T) {
	got := challengesOf(t, newAuthenticator(newClock()), attemptOn("WSS"))[0]
	before, after, _ := strings.Cut(got, `nonce="`)
	nonce, after, _ := strings.Cut(after, `"`)
	if before != `Digest realm="example.test", ` || after != `, algorithm=MD5, qop="auth"` || len(nonce) != 43 {
		t.Errorf("challenge %s", got)
	}
}

func TestProxyChallenge(t *testing.T) {
	attempt := attemptOn("WS")
	for proxy, want := range map[bool]string{false: "401 WWW-Authenticate", true: "407 Proxy-Authenticate"} {
		attempt.Proxy = proxy
		_, err := newAuthenticator(newClock()).Verify(attempt)
		cause := causeOf(t, err)
		if got := strconv.Itoa(cause.Status) + " " + cause.Headers[0].Name; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestVerify(t *testing.T) {
	for transport, challenges := range map[string]int{"WS": 1, "UDP": 2} {
		for i := range challenges {
			a := newAuthenticator(newClock())
			attempt := attemptOn(transport)
			challenge := challengesOf(t, a, attempt)[i]
			attempt.Credentials = []string{answerOf(t, challenge, attempt, "alice", "secret", 1)}
			user, err := a.Verify(attempt)
			if err != nil || user != "alice" {
				t.Errorf("%s: %s: user %q, error %v", transport, challenge, user, err)
			}
		}
	}
}

func TestVerifyWrong(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Attempt)
		user   string
		want   error
		status int
	}{
		{"password", nil, "alice", ErrDenied, 401},
		{"unknown user", nil, "mallory", ErrDenied, 401},
		{"other method", func(a *Attempt) { a.Method = "INVITE" }, "bob", ErrDenied, 401},
		{"other URI", func(a *Attempt) { a.URI = "sip:victim@example.test" }, "bob", ErrMalformed, 400},
		{"other realm", func(a *Attempt) { a.Realm = "example.org" }, "bob", ErrNoCredentials, 401},
		{"other source", func(a *Attempt) { a.Source = netip.MustParseAddr("192.0.2.8") }, "bob", ErrStale, 401},
		{"nothing", func(a *Attempt) { a.Credentials = nil }, "bob", ErrNoCredentials, 401},
		{"other scheme", func(a *Attempt) { a.Credentials = []string{"Basic x"} }, "bob", ErrNoCredentials, 401},
		{"open quote", func(a *Attempt) { a.Credentials = []string{`Digest username="`} }, "bob", ErrMalformed, 400},
		{"no qop", without("qop=auth, ", ""), "bob", ErrUnsupported, 401},
		{"auth-int", without("qop=auth,", "qop=auth-int,"), "bob", ErrUnsupported, 401},
		{"sess", without("algorithm=MD5,", "algorithm=MD5-sess,"), "bob", ErrUnsupported, 401},
		{"no nc", without("nc=00000001, ", ""), "bob", ErrMalformed, 400},
		{"bad nc", without("nc=00000001", "nc=xyz"), "bob", ErrMalformed, 400},
		{"nc 0", without("nc=00000001", "nc=00000000"), "bob", ErrMalformed, 400},
		{"other nc", without("nc=00000001", "nc=00000002"), "bob", ErrDenied, 401},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := newAuthenticator(newClock())
			attempt := attemptOn("WS")
			challenge := challengesOf(t, a, attempt)[0]
			attempt.Credentials = []string{answerOf(t, challenge, attempt, test.user, "hunter2", 1)}
			if test.change != nil {
				test.change(&attempt)
			}
			user, err := a.Verify(attempt)
			if user != "" || !errors.Is(err, test.want) {
				t.Fatalf("user %q, error %v, want %v", user, err, test.want)
			}
			cause := causeOf(t, err)
			if cause.Status != test.status {
				t.Errorf("status %d, want %d", cause.Status, test.status)
			}
			stale := len(cause.Headers) > 0 && strings.Contains(cause.Headers[0].Value, "stale=true")
			if stale != errors.Is(test.want, ErrStale) {
				t.Errorf("headers %v", cause.Headers)
			}
		})
	}
}

// without replaces a piece of the credentials.
func without(piece, by string) func(*Attempt) {
	return func(a *Attempt) { a.Credentials[0] = strings.Replace(a.Credentials[0], piece, by, 1) }
}

func TestUnknownUserLooksLikeWrongPassword(t *testing.T) {
	a := newAuthenticator(newClock())
	attempt := attemptOn("UDP")
	texts := make(map[string]string)
	for _, user := range []string{"alice", "nobody"} {
		challenge := challengesOf(t, a, attempt)[0]
		attempt.Credentials = []string{answerOf(t, challenge, attempt, user, "guess", 1)}
		_, err := a.Verify(attempt)
		cause := causeOf(t, err)
		for _, header := range cause.Headers {
			texts[user] += header.Name + strings.Replace(header.Value, nonceOf(t, header.Value), "", 1)
		}
		texts[user] += fmt.Sprint(cause.Status, cause.Text)
	}
	if texts["alice"] != texts["nobody"] {
		t.Errorf("%q and %q", texts["alice"], texts["nobody"])
	}
}

func TestUnknownUserNeverProves(t *testing.T) {
	a := New(Options{Accounts: md5Only("")})
	attempt := attemptOn("UDP")
	challenge := challengesOf(t, a, attempt)[0]
	attempt.Credentials = []string{answerOf(t, challenge, attempt, "alice", a.decoy, 1)}
	if _, err := a.Verify(attempt); !errors.Is(err, ErrDenied) {
		t.Errorf("error %v", err)
	}
}

func TestAccountWithMD5Hash(t *testing.T) {
	ha1 := strings.ToUpper(HA1(MD5, "alice", realm, "secret"))
	a := New(Options{Accounts: md5Only(ha1), Algorithms: []Algorithm{MD5}})
	attempt := attemptOn("UDP")
	challenges := challengesOf(t, a, attempt)
	if len(challenges) != 1 {
		t.Fatalf("challenges %v", challenges)
	}
	attempt.Credentials = []string{answerOf(t, challenges[0], attempt, "alice", "secret", 1)}
	if _, err := a.Verify(attempt); err != nil {
		t.Error(err)
	}
}

func TestLock(t *testing.T) {
	at := newClock()
	var log bytes.Buffer
	a := New(Options{
		Accounts: passwords{"alice": "secret"}, Now: at.Now,
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	try := func(user, password, source string) error {
		attempt := attemptOn("WS")
		attempt.Source = netip.MustParseAddr(source)
		challenge := challengesOf(t, a, attempt)[0]
		attempt.Credentials = []string{answerOf(t, challenge, attempt, user, password, 1)}
		_, err := a.Verify(attempt)
		return err
	}
	for _, user := range []string{"alice", "nobody"} {
		for i := range 5 {
			if err := try(user, "wrong", "192.0.2.1"); !errors.Is(err, ErrDenied) {
				t.Fatalf("%s, try %d: %v", user, i+1, err)
			}
		}
		err := try(user, "secret", "192.0.2.1")
		cause := causeOf(t, err)
		want := []bridge.Header{{Name: "Retry-After", Value: "30"}}
		if !errors.Is(err, ErrLocked) || cause.Status != 403 || !slices.Equal(cause.Headers, want) {
			t.Fatalf("%s: %v, headers %v", user, err, cause.Headers)
		}
	}
	if err := try("alice", "secret", "192.0.2.2"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	at.now = at.now.Add(31 * time.Second)
	if err := try("alice", "wrong", "192.0.2.1"); !errors.Is(err, ErrDenied) {
		t.Errorf("after the lock: %v", err)
	}
	if err := try("alice", "secret", "192.0.2.1"); !errors.Is(err, ErrLocked) {
		t.Errorf("one more failure must lock again: %v", err)
	}
	at.now = at.now.Add(31 * time.Second)
	if err := try("alice", "secret", "192.0.2.1"); err != nil {
		t.Errorf("at the end: %v", err)
	}
	if got := a.Stats(); got.Locked != 3 || got.Denied != 11 || got.Accepted != 2 {
		t.Errorf("stats %+v", got)
	}
	if text := log.String(); !strings.Contains(text, "user=alice") || strings.Contains(text, "response") {
		t.Errorf("log %q", text)
	}
}

// The operator learns what the sender does not: whether the user is unknown.
func TestFailureIsLogged(t *testing.T) {
	for _, test := range []struct{ user, password, want string }{
		{"alice", "wrong", "digest: wrong credentials"},
		{"nobody", "wrong", "digest: unknown user"},
		{"alice", "secret", ""},
	} {
		var log bytes.Buffer
		at := newClock()
		a := New(Options{
			Accounts: passwords{"alice": "secret"}, Now: at.Now,
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		for range 3 {
			attempt := attemptOn("WS")
			challenge := challengesOf(t, a, attempt)[0]
			attempt.Credentials = []string{answerOf(t, challenge, attempt, test.user, test.password, 1)}
			_, _ = a.Verify(attempt) // how it goes is told by TestVerify
		}
		lines := strings.Count(log.String(), "\n")
		if test.want == "" && lines == 0 {
			continue
		}
		if text := log.String(); lines != 1 || !strings.Contains(text, test.want) ||
			!strings.Contains(text, "user="+test.user+" realm=example.test method=REGISTER source=192.0.2.7") {
			t.Errorf("%s with %s: log %q", test.user, test.password, text)
		}
	}
}

// Bad answers to nonces that were never sent here, as with a forged source address, lock nobody.
func TestForeignNoncesLockNobody(t *testing.T) {
	a := newAuthenticator(newClock())
	attempt := attemptOn("UDP")
	elsewhere := attempt
	elsewhere.Source = netip.MustParseAddr("192.0.2.99")
	foreign := challengesOf(t, a, elsewhere)[1]
	for range 10 {
		attempt.Credentials = []string{answerOf(t, foreign, attempt, "alice", "wrong", 1)}
		if _, err := a.Verify(attempt); !errors.Is(err, ErrStale) {
			t.Fatalf("error %v", err)
		}
	}
	attempt.Credentials = []string{answerOf(t, challengesOf(t, a, attempt)[1], attempt, "alice", "secret", 1)}
	if _, err := a.Verify(attempt); err != nil {
		t.Error(err)
	}
}

// A response seen before doesn't clear the count of failures.
func TestReplayDoesNotClearFailures(t *testing.T) {
	a := newAuthenticator(newClock())
	attempt := attemptOn("UDP")
	challenge := challengesOf(t, a, attempt)[1]
	good := answerOf(t, challenge, attempt, "alice", "secret", 1)
	bad := answerOf(t, challenge, attempt, "alice", "wrong", 2)
	attempt.Credentials = []string{good}
	if _, err := a.Verify(attempt); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		attempt.Credentials = []string{bad}
		if _, err := a.Verify(attempt); !errors.Is(err, ErrDenied) {
			t.Fatal(err)
		}
		attempt.Credentials = []string{good}
		_, err := a.Verify(attempt)
		if !errors.Is(err, ErrStale) && !errors.Is(err, ErrLocked) {
			t.Fatal(err)
		}
	}
	if _, err := a.Verify(attempt); !errors.Is(err, ErrLocked) {
		t.Errorf("error %v", err)
	}
}

func TestCredentialsOfOtherRealmsAndEmptyOnesArePassedOver(t *testing.T) {
	a := newAuthenticator(newClock())
	attempt := attemptOn("WS")
	challenge := challengesOf(t, a, attempt)[0]
	attempt.Credentials = []string{
		`Bearer x`,
		`Digest username="alice",realm="example.test",nonce="",uri="sip:example.test",response=""`,
		`Digest username="alice",realm="example.org",nonce="n",uri="sip:example.org",response="00"`,
		answerOf(t, challenge, attempt, "alice", "secret", 1),
	}
	if _, err := a.Verify(attempt); err != nil {
		t.Error(err)
	}
}

func TestVerifyConcurrently(t *testing.T) {
	a := newAuthenticator(newClock())
	attempt := attemptOn("UDP")
	challenge := challengesOf(t, a, attempt)[0]
	attempt.Credentials = []string{answerOf(t, challenge, attempt, "alice", "secret", 1)}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			_, err := a.Verify(attempt)
			if err != nil && !errors.Is(err, ErrStale) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := a.Stats(); got.Accepted != 1 || got.Stale != 31 {
		t.Errorf("the same count was accepted %d times", got.Accepted)
	}
}
