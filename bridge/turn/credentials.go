package turn

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the form that TURN servers have; HMAC with SHA-1 is not broken
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// longestCall is how long a relay may be refreshed with credentials that have ended.
const longestCall = 24 * time.Hour

// Credentials are a name and password that end.
type Credentials struct{ Username, Password string }

// Credentials makes some for a user who has proved himself.
func (s *Server) Credentials(user string) Credentials {
	return credentials(s.options.Secret, user, s.options.Lifetime)
}

// CredentialsUntil makes some that end earlier, with what else the user may do.
func (s *Server) CredentialsUntil(user string, end time.Time) Credentials {
	return credentials(s.options.Secret, user, min(time.Until(end), s.options.Lifetime))
}

func credentials(secret, user string, lifetime time.Duration) Credentials {
	name := strconv.FormatInt(time.Now().Add(lifetime).Unix(), 10) + ":" + user
	return Credentials{Username: name, Password: password(secret, name)}
}

func password(secret, name string) string {
	hash := hmac.New(sha1.New, []byte(secret))
	hash.Write([]byte(name))
	return base64.StdEncoding.EncodeToString(hash.Sum(nil))
}

// authenticate gives the key that proves a request, and the id of its holder, unless its credentials have ended. A
// relay that is there may be refreshed with them: the call would lose its sound, and whoever began it was let in.
func (s *Server) authenticate(request *turn.RequestAttributes) (id string, key []byte, ok bool) {
	expiry, user, found := strings.Cut(request.Username, ":")
	seconds, err := strconv.ParseInt(expiry, 10, 64)
	if !found || user == "" || err != nil || request.Realm != s.options.Realm {
		s.refused.Add(1)
		return "", nil, false
	}
	left := time.Until(time.Unix(seconds, 0))
	if left < -longestCall || left < 0 && request.Method == stun.MethodAllocate {
		s.refused.Add(1)
		return "", nil, false
	}
	proof := password(s.options.Secret, request.Username)
	by := holder{user: user, source: sourceOf(request.SrcAddr)}
	return by.id(), turn.GenerateAuthKey(request.Username, s.options.Realm, proof), true
}
