package main

import (
	"crypto/md5" //nolint:gosec // FreeSWITCH's Flash phones know nothing else
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"sipbridge/configs"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/token"
)

// accounts are the users of the configuration, as the registrar and the authenticator ask for them. They do
// not change while the service runs.
type accounts struct {
	users map[accountName]configs.User
	// temporary is the secret of temporary accounts; empty for none.
	temporary string
	// guests lets those be of users who are not here.
	guests bool
}

// accountName is a user's name and the canonical name of his domain.
type accountName struct{ name, domain string }

func newAccounts(config *configs.Config, canonical func(host string) string) accounts {
	all := accounts{users: make(map[accountName]configs.User), temporary: config.Tokens.TemporarySecret}
	all.guests = config.Tokens.AnyUser
	for _, user := range config.Users {
		all.users[accountName{user.Name, canonical(user.Domain)}] = user
	}
	return all
}

// Known tells whether there is such a user.
func (a accounts) Known(user, domain string) bool {
	_, ok := a.users[accountName{user, domain}]
	return ok
}

// HA1 gives a user's secret for an algorithm. A stored hash is MD5; a password serves every algorithm. The user may be
// the name of a temporary account, which is good until it ends.
func (a accounts) HA1(user, realm string, algorithm digest.Algorithm) (ha1 string, ok bool) {
	if account, ok := token.ParseTemporary(user); ok {
		good := a.temporary != "" && (a.guests || a.Known(account.User, realm)) && time.Now().Before(account.Until)
		return digest.HA1(algorithm, user, realm, account.Password(a.temporary)), good
	}
	return a.ownHA1(user, realm, algorithm)
}

func (a accounts) ownHA1(user, realm string, algorithm digest.Algorithm) (ha1 string, ok bool) {
	account, ok := a.users[accountName{user, realm}]
	switch {
	case !ok:
		return "", false
	case account.Password != "":
		return digest.HA1(algorithm, user, realm, account.Password), true
	default:
		return account.HA1, account.HA1 != "" && algorithm == digest.MD5
	}
}

// Verify tells whether this is the user's password, for Flash phones, which send it.
func (a accounts) Verify(user, domain, password string) bool {
	known, ok := a.ownHA1(user, domain, digest.MD5)
	given := digest.HA1(digest.MD5, user, domain, password)
	return ok && password != "" && subtle.ConstantTimeCompare([]byte(strings.ToLower(known)), []byte(given)) == 1
}

// VerifySalted tells whether this is the MD5 of a salt and the user's password, for Flash phones that send it so. Of a
// user who has only a hash himself it can't be known.
func (a accounts) VerifySalted(user, domain, salt, hash string) bool {
	known, ok := a.users[accountName{user, domain}]
	made := fmt.Sprintf("%x", md5.Sum([]byte(salt+":"+known.Password))) //nolint:gosec // as above
	return ok && known.Password != "" && subtle.ConstantTimeCompare([]byte(strings.ToLower(hash)), []byte(made)) == 1
}

// algorithmsFor gives the digest algorithms to offer to phones: accounts that have only an MD5 hash can't
// answer SHA-256, and the challenge comes before we know who asks.
func algorithmsFor(users []configs.User) []digest.Algorithm {
	for _, user := range users {
		if user.HA1 != "" {
			return []digest.Algorithm{digest.MD5}
		}
	}
	return nil
}
