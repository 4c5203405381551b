package token

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	maxToken = 4096
	// leeway is how far the clocks of the application and ours may differ.
	leeway = time.Minute
	// subject is the user of an address, or the whole address; see configs for the same signs.
	subject = `^[A-Za-z0-9_.!~*'+&=-]{1,64}(@[A-Za-z0-9.-]{1,253})?$`
)

// What Verify finds wrong.
var (
	// ErrExpired says that the token was good once, or will be.
	ErrExpired = errors.New("token: not valid at this time")
	// ErrInvalid says that the token is none, is not signed by one of the keys, is for somebody else, or lacks a claim.
	ErrInvalid = errors.New("token: invalid")
)

// Options are the settings of a Verifier.
type Options struct {
	// Keys are those of the applications. Several may be valid at one time, while one takes the place of another.
	Keys []Key
	// Audience must be named in the aud claim.
	Audience string
	// Issuer, if set, must be the iss claim.
	Issuer string
	// Domain completes a sub that is only a name.
	Domain string
	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Grant is what a good token says.
type Grant struct {
	// User is the address-of-record without its scheme, "name@domain".
	User string
	// Until is when the token ends, with the leeway of a minute that clocks have.
	Until time.Time
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	options Options
	parser  *jwt.Parser
	subject *regexp.Regexp
}

// New makes a Verifier. Without keys it accepts nothing.
func New(options Options) *Verifier {
	if options.Now == nil {
		options.Now = time.Now
	}
	checks := []jwt.ParserOption{
		jwt.WithTimeFunc(options.Now), jwt.WithLeeway(leeway), jwt.WithExpirationRequired(),
		jwt.WithAudience(options.Audience), jwt.WithStrictDecoding(),
	}
	if options.Issuer != "" {
		checks = append(checks, jwt.WithIssuer(options.Issuer))
	}
	return &Verifier{options: options, parser: jwt.NewParser(checks...), subject: regexp.MustCompile(subject)}
}

// Verify reads a token. The error is ErrExpired or ErrInvalid, and tells nothing of the token's content.
func (v *Verifier) Verify(text string) (Grant, error) {
	if len(text) > maxToken {
		return Grant{}, fmt.Errorf("%w: %d bytes", ErrInvalid, len(text))
	}
	var claims jwt.RegisteredClaims
	_, err := v.parser.ParseWithClaims(text, &claims, v.keysFor)
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid), errors.Is(err, jwt.ErrTokenMalformed):
		return Grant{}, ErrInvalid
	case errors.Is(err, jwt.ErrTokenExpired), errors.Is(err, jwt.ErrTokenNotValidYet):
		return Grant{}, ErrExpired
	case err != nil:
		return Grant{}, ErrInvalid
	}
	if !v.subject.MatchString(claims.Subject) {
		return Grant{}, fmt.Errorf("%w: sub is no user", ErrInvalid)
	}
	return Grant{User: v.userOf(claims.Subject), Until: claims.ExpiresAt.Add(leeway)}, nil
}

// userOf completes a name, and writes the domain in lower case.
func (v *Verifier) userOf(subject string) string {
	name, domain, found := strings.Cut(subject, "@")
	if !found {
		domain = v.options.Domain
	}
	return name + "@" + strings.ToLower(domain)
}

// keysFor gives the keys that a token may be signed by: the one that it names, or all without a name. A key of another
// algorithm than the token's is none: a public key must never be taken for a secret.
func (v *Verifier) keysFor(parsed *jwt.Token) (any, error) {
	name, _ := parsed.Header["kid"].(string)
	var fitting jwt.VerificationKeySet
	for _, key := range v.options.Keys {
		if key.method.Alg() == parsed.Method.Alg() && (name == "" || key.id == name || key.id == "") {
			fitting.Keys = append(fitting.Keys, key.key)
		}
	}
	if len(fitting.Keys) == 0 {
		return nil, ErrInvalid
	}
	return fitting, nil
}
