package digest

import (
	"crypto/md5" //nolint:gosec // digest MD5 is what every browser client speaks (RFC 3261 section 22.4)
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"strings"
)

// Algorithm is a hash of digest by its registered name (RFC 7616 section 6.1), without "-sess".
type Algorithm string

// The algorithms that both sides can compute.
const (
	MD5       Algorithm = "MD5"
	SHA256    Algorithm = "SHA-256"
	SHA512256 Algorithm = "SHA-512-256"
)

const sessionSuffix = "-SESS"

// HA1 is the hash of user, realm and password that stands for the password in all that follows, in
// lower-case hex (RFC 7616 section 3.4.2). Whoever has it can answer for the user in that realm.
func HA1(algorithm Algorithm, user, realm, password string) string {
	return algorithm.hash(user, realm, password)
}

// parseAlgorithm reads an algorithm parameter; an absent one is MD5 (RFC 3261 section 22.4). session tells
// the "-sess" variant.
func parseAlgorithm(name string) (algorithm Algorithm, session, ok bool) {
	upper, session := strings.CutSuffix(strings.ToUpper(name), sessionSuffix)
	switch known := Algorithm(upper); known {
	case "":
		return MD5, session, !session
	case MD5, SHA256, SHA512256:
		return known, session, true
	default:
		return "", false, false
	}
}

// hash is the hex hash of the parts joined by colons.
func (a Algorithm) hash(parts ...string) string {
	joined := []byte(strings.Join(parts, ":"))
	switch a {
	case SHA256:
		sum := sha256.Sum256(joined)
		return hex.EncodeToString(sum[:])
	case SHA512256:
		sum := sha512.Sum512_256(joined)
		return hex.EncodeToString(sum[:])
	default:
		sum := md5.Sum(joined) //nolint:gosec // as above: the protocol's choice
		return hex.EncodeToString(sum[:])
	}
}

// strength orders algorithms, the strongest highest.
func (a Algorithm) strength() int {
	switch a {
	case SHA512256:
		return 2
	case SHA256:
		return 1
	default:
		return 0
	}
}
