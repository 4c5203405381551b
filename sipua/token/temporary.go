package token

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the form that TURN servers have; HMAC with SHA-1 is not broken
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Temporary is an account that ends by itself, in the form of the REST API for TURN servers
// (draft-uberti-behave-turn-rest-00): its name for digest is "<expiry>:<user>", with the expiry in seconds since 1970.
type Temporary struct {
	// Name is the whole name.
	Name string
	// User is the user, without domain.
	User string
	// Until is when the account ends.
	Until time.Time
}

// longestExpiry bounds the digits of an expiry.
const longestExpiry = 12

// ParseTemporary reads the name of a temporary account. ok is false for any other name: the name of a user of ours
// never has a colon.
func ParseTemporary(name string) (account Temporary, ok bool) {
	expiry, user, found := strings.Cut(name, ":")
	if !found || user == "" || len(expiry) > longestExpiry {
		return Temporary{}, false
	}
	seconds, err := strconv.ParseUint(expiry, 10, 63)
	if err != nil {
		return Temporary{}, false
	}
	return Temporary{Name: name, User: user, Until: time.Unix(int64(seconds), 0)}, true
}

// Password is base64(HMAC-SHA1(secret, name)).
func (t Temporary) Password(secret string) string {
	hash := hmac.New(sha1.New, []byte(secret))
	hash.Write([]byte(t.Name))
	return base64.StdEncoding.EncodeToString(hash.Sum(nil))
}
