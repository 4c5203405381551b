package digest

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"sipbridge/bridge"
)

const (
	maxUserName    = 256
	maxCredentials = 8
)

// Authenticator proves the senders of requests. It is safe for concurrent use, and has no goroutine.
type Authenticator struct {
	options Options
	nonces  *nonces
	guard   *Guard
	// locks and failures bound how often each is logged.
	locks, failures *rate.Limiter
	// decoy stands for the password of users who don't exist, so that they take as long as the others.
	decoy  string
	counts counters
}

// Guard gives what counts wrong passwords, for those who prove themselves in another way than by digest.
func (a *Authenticator) Guard() *Guard { return a.guard }

// New makes an Authenticator. Nonces of an earlier one, so of an earlier process, are stale to it.
func New(options Options) *Authenticator {
	options = options.withDefaults()
	decoy := make([]byte, 16)
	_, _ = rand.Read(decoy) // never fails (Go 1.24)
	return &Authenticator{
		options: options,
		nonces:  newNonces(options.NonceLife),
		guard:   NewGuard(options.Tries, options.Lock),
		locks:   rate.NewLimiter(rate.Every(time.Second), 1), failures: rate.NewLimiter(rate.Every(time.Second), 1),
		decoy: hex.EncodeToString(decoy),
	}
}

// Stats gives the counts so far.
func (a *Authenticator) Stats() Stats { return a.counts.snapshot() }

// Verify gives the name of the user who made the attempt. Else the error is a bridge.Cause, to be answered with its
// status and headers: 401 or 407 with challenges, 403 with Retry-After while the name is locked, or 400. It wraps
// one of the errors of this package. An unknown user gets what a wrong password gets.
//
// The caller still has to see that this user may do what the request asks.
func (a *Authenticator) Verify(attempt Attempt) (user string, err error) {
	user, result := a.check(attempt)
	a.counts[result].Add(1)
	if result == accepted {
		return user, nil
	}
	a.logFailure(attempt, user, result)
	return "", a.refusal(attempt, user, result)
}

// check gives the user that the attempt names, and how it went.
//
// A nonce that we never sent to this source is stale before anything else: so passwords can only be tried, and names
// only be locked, by someone who receives our answers. Of our own nonces the response is looked at first: only who
// knows the password is told that just the nonce was stale (RFC 7616 section 3.3).
func (a *Authenticator) check(attempt Attempt) (user string, result outcome) {
	given, result := choose(attempt)
	if result != accepted {
		return "", result
	}
	now, source := a.options.Now(), attempt.source()
	if _, ours := a.nonces.made(given.nonce, attempt.Realm, source); !ours {
		return given.user, stale
	}
	if a.guard.Locked(given.user, source, now) > 0 {
		return given.user, locked
	}
	algorithm, result := form(given, attempt)
	if result != accepted {
		return given.user, result
	}
	if !a.proves(given, attempt, algorithm) {
		if a.guard.Fail(given.user, source, now) {
			a.logLock(given.user, source)
		}
		return given.user, denied
	}
	if !a.nonces.use(given.nonce, attempt.Realm, source, given.count, now) {
		return given.user, stale
	}
	a.guard.Succeed(given.user, source)
	return given.user, accepted
}

// form tells whether the credentials are of the kind that we ask for, and by which algorithm.
func form(given credentials, attempt Attempt) (Algorithm, outcome) {
	algorithm, session, known := parseAlgorithm(given.algorithm)
	switch {
	case !known, session, !strings.EqualFold(given.qop, "auth"):
		return "", unsupported
	case given.count == 0, given.cnonce == "", !sameTarget(given.uri, attempt.URI):
		return "", malformed
	default:
		return algorithm, accepted
	}
}

// choose finds the credentials for our realm among those sent; a client may hold some for other realms, or send
// empty ones to name its user (sipML5's "early IMS").
func choose(attempt Attempt) (credentials, outcome) {
	for _, header := range attempt.Credentials[:min(len(attempt.Credentials), maxCredentials)] {
		given, err := parseCredentials(header)
		switch {
		case errors.Is(err, errOtherScheme):
			continue
		case err != nil, len(given.user) > maxUserName:
			return credentials{}, malformed
		case given.realm == attempt.Realm && given.nonce != "" && given.response != "":
			return given, accepted
		}
	}
	return credentials{}, noCredentials
}

// proves tells whether the response was made by someone who knows the secret of the user.
func (a *Authenticator) proves(given credentials, attempt Attempt, algorithm Algorithm) bool {
	ha1, known := a.options.Accounts.HA1(given.user, attempt.Realm, algorithm)
	decoy := HA1(algorithm, given.user, attempt.Realm, a.decoy)
	if !known {
		ha1 = decoy
	}
	want := given.proof(algorithm, false, attempt.Method, strings.ToLower(ha1))
	return subtle.ConstantTimeCompare([]byte(want), []byte(given.response)) == 1 && known
}

// refusal is the answer to an attempt that failed.
func (a *Authenticator) refusal(attempt Attempt, user string, result outcome) bridge.Cause {
	switch result {
	case malformed:
		return bridge.Cause{Status: 400, Text: "Bad Credentials", Err: result.err()}
	case locked:
		left := a.guard.Locked(user, attempt.source(), a.options.Now())
		seconds := strconv.Itoa(int((left + time.Second - 1) / time.Second))
		return bridge.Cause{
			Status: 403, Text: "Forbidden", Err: result.err(),
			Headers: []bridge.Header{{Name: "Retry-After", Value: seconds}},
		}
	default:
		return a.challenge(attempt, result)
	}
}

func (a *Authenticator) challenge(attempt Attempt, result outcome) bridge.Cause {
	cause := bridge.Cause{Status: 401, Text: "Unauthorized", Err: result.err()}
	name := "WWW-Authenticate"
	if attempt.Proxy {
		cause.Status, cause.Text, name = 407, "Proxy Authentication Required", "Proxy-Authenticate"
	}
	for _, value := range a.Challenge(attempt, result == stale) {
		cause.Headers = append(cause.Headers, bridge.Header{Name: name, Value: value})
	}
	return cause
}

// Challenge gives the header values that ask the sender of attempt for credentials (RFC 8760 section 2.3): one, MD5,
// for a WebSocket client, else one for each algorithm. onlyStale tells the client that its password was right, so it
// tries again by itself. Verify makes them itself when they are due.
func (a *Authenticator) Challenge(attempt Attempt, onlyStale bool) []string {
	algorithms := a.options.Algorithms
	if attempt.OnlyMD5 || isWebSocket(attempt.Transport) {
		algorithms = []Algorithm{MD5}
	}
	nonce := a.nonces.mint(a.options.Now(), attempt.Realm, attempt.source())
	values := make([]string, 0, len(algorithms))
	for _, algorithm := range algorithms {
		value := fmt.Sprintf(`Digest realm=%s, nonce=%s, algorithm=%s, qop="auth"`,
			quote(attempt.Realm), quote(nonce), algorithm)
		if onlyStale {
			value += ", stale=true"
		}
		values = append(values, value)
	}
	return values
}

func isWebSocket(transport string) bool {
	return strings.EqualFold(transport, "WS") || strings.EqualFold(transport, "WSS")
}

// logFailure tells the operator what the sender is not told: why credentials were not taken.
func (a *Authenticator) logFailure(attempt Attempt, user string, result outcome) {
	if result == noCredentials || result == stale || result == locked || !a.failures.AllowN(a.options.Now(), 1) {
		return
	}
	why := result.err()
	if _, known := a.options.Accounts.HA1(user, attempt.Realm, MD5); result == denied && !known {
		why = errUnknownUser
	}
	a.options.Logger.Info("authentication failed", "user", user, "realm", attempt.Realm, "method", attempt.Method,
		"source", attempt.source(), "transport", attempt.Transport, "error", why)
}

func (a *Authenticator) logLock(user, source string) {
	if !a.locks.AllowN(a.options.Now(), 1) {
		return
	}
	a.options.Logger.Warn("authentication locked after failed tries",
		slog.String("user", user), slog.String("source", source), slog.Duration("lock", a.options.Lock))
}
