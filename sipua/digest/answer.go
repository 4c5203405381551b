package digest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// Login is what we prove ourselves with to an upstream server.
type Login struct {
	// User is the name for authentication, which may differ from the address.
	User string
	// Password is the secret. With HA1 instead it may be empty.
	Password string
	// HA1 is the MD5 hash of user, realm and password, in hex. It needs Realm and answers only MD5.
	HA1 string
	// Realm, if set, is the only one that is answered: credentials must not go to whoever asks for them.
	Realm string
}

// challenge is a WWW-Authenticate or Proxy-Authenticate header that we can answer.
type challenge struct {
	realm     string
	nonce     string
	opaque    string
	hasOpaque bool
	algorithm Algorithm
	session   bool
	name      string // of the algorithm, as it was sent
	qop       string
}

// Answer gives the value of the Authorization (for a 407: Proxy-Authorization) header that answers the strongest of
// the challenges that login can, for a request with this method and Request-URI. challenges are the values of all
// WWW-Authenticate or Proxy-Authenticate headers of one response; those of other schemes, algorithms or realms are
// passed over, and a malformed one too. Each answer counts its nonce as new, so answer a challenge once.
//
// Whether the response came from the server that login is for is the caller's to see. The error is ErrNoAnswer.
func Answer(challenges []string, method, uri string, login Login) (string, error) {
	if strings.ContainsFunc(login.User+uri+method, isControl) {
		return "", fmt.Errorf("%w: control character in user or URI", ErrNoAnswer)
	}
	chosen, found := strongest(challenges, login)
	if !found {
		return "", fmt.Errorf("%w: none of %d", ErrNoAnswer, len(challenges))
	}
	return chosen.answer(method, uri, login), nil
}

// Answer is Answer with this login.
func (l Login) Answer(challenges []string, method, uri string) (string, error) {
	return Answer(challenges, method, uri, l)
}

func strongest(challenges []string, login Login) (chosen challenge, found bool) {
	for _, header := range challenges {
		offered, ok := parseChallenge(header)
		if !ok || !login.answers(offered) {
			continue
		}
		if !found || offered.algorithm.strength() > chosen.algorithm.strength() {
			chosen, found = offered, true
		}
	}
	return chosen, found
}

// answers tells whether the login is meant for, and enough for, a challenge.
func (l Login) answers(offered challenge) bool {
	if l.Realm != "" && l.Realm != offered.realm {
		return false
	}
	return l.HA1 == "" || l.Realm != "" && offered.algorithm == MD5
}

// ha1 is the hash that stands for the password.
func (l Login) ha1(offered challenge) string {
	if l.HA1 != "" {
		return strings.ToLower(l.HA1)
	}
	return HA1(offered.algorithm, l.User, offered.realm, l.Password)
}

// parseChallenge reads one header value; ok is false if we can't answer it.
func parseChallenge(header string) (parsed challenge, ok bool) {
	given, err := parseDirectives(header)
	if err != nil || given["nonce"] == "" {
		return challenge{}, false
	}
	parsed = challenge{realm: given["realm"], nonce: given["nonce"], name: given["algorithm"]}
	parsed.opaque, parsed.hasOpaque = given["opaque"]
	parsed.algorithm, parsed.session, ok = parseAlgorithm(parsed.name)
	if !ok {
		return challenge{}, false
	}
	if offers, listed := given["qop"]; listed {
		parsed.qop = "auth"
		return parsed, offersAuth(offers)
	}
	// "-sess" hashes the cnonce, which is sent only with a qop (RFC 3261 section 22.4).
	return parsed, !parsed.session
}

func offersAuth(qop string) bool {
	for offer := range strings.SplitSeq(qop, ",") {
		if strings.EqualFold(strings.TrimSpace(offer), "auth") {
			return true
		}
	}
	return false
}

func (c challenge) answer(method, uri string, login Login) string {
	given := credentials{user: login.User, realm: c.realm, nonce: c.nonce, uri: uri, qop: c.qop}
	if c.qop != "" {
		given.nc, given.cnonce = "00000001", newCnonce()
	}
	response := given.proof(c.algorithm, c.session, method, login.ha1(c))
	var text strings.Builder
	fmt.Fprintf(&text, "Digest username=%s, realm=%s, nonce=%s, uri=%s, response=%s",
		quote(given.user), quote(given.realm), quote(given.nonce), quote(given.uri), quote(response))
	if c.name != "" {
		fmt.Fprintf(&text, ", algorithm=%s", c.name)
	}
	if c.qop != "" {
		fmt.Fprintf(&text, ", cnonce=%s, qop=%s, nc=%s", quote(given.cnonce), given.qop, given.nc)
	}
	if c.hasOpaque {
		fmt.Fprintf(&text, ", opaque=%s", quote(c.opaque))
	}
	return text.String()
}

func newCnonce() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails (Go 1.24)
	return hex.EncodeToString(random)
}

// Attempted tells whether one of the values of Authorization or Proxy-Authorization headers is an attempt to prove
// something: sipML5 can send an empty one, which only names its user.
func Attempted(credentials []string) bool {
	for _, header := range credentials {
		if given, err := parseCredentials(header); err == nil && given.response != "" {
			return true
		}
	}
	return false
}

// OnlyStale tells whether a challenge says that the credentials were right but for the age of their nonce.
func OnlyStale(challenges []string) bool {
	for _, header := range challenges {
		if offered, err := parseDirectives(header); err == nil && strings.EqualFold(offered["stale"], "true") {
			return true
		}
	}
	return false
}
