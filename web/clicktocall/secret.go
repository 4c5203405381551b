package clicktocall

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // what webrtc2sip's pages compute; it is hashed again before it is kept
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"golang.org/x/crypto/argon2"
)

// errSealed is the error of a sealed text that is not ours.
var errSealed = errors.New("clicktocall: sealed with another key")

// What argon2id takes for one hash, by the OWASP's advice: two passes over 19 MiB. That is some 30 ms of a core.
const (
	hashPasses = 2
	hashKiB    = 19 << 10
	hashBytes  = 32
	saltBytes  = 16
)

// passwordToken is what webrtc2sip's pages send in place of the password, for an account's whole life.
func passwordToken(password, email string) string {
	sum := md5.Sum([]byte(password + ":" + email + ":click2call.org")) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// hash hashes a password token with a salt, to be kept.
func hash(token string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	return "argon2id$" + hex.EncodeToString(salt) + "$" + hex.EncodeToString(derive(token, salt))
}

func derive(token string, salt []byte) []byte {
	return argon2.IDKey([]byte(strings.ToLower(token)), salt, hashPasses, hashKiB, 1, hashBytes)
}

// matches tells whether kept is the hash of a token.
func matches(kept, token string) bool {
	parts := strings.Split(kept, "$")
	if len(parts) != 3 || parts[0] != "argon2id" {
		return false
	}
	salt, errSalt := hex.DecodeString(parts[1])
	want, errWant := hex.DecodeString(parts[2])
	return errSalt == nil && errWant == nil && subtle.ConstantTimeCompare(derive(token, salt), want) == 1
}

// fingerprint hashes what nobody can guess, to be kept or compared.
func fingerprint(random string) string {
	sum := sha256.Sum256([]byte(random))
	return hex.EncodeToString(sum[:])
}

// seal encrypts a text for the database.
func (s *Service) seal(text string) string {
	nonce := make([]byte, s.sealing.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return base64.StdEncoding.EncodeToString(s.sealing.Seal(nonce, nonce, []byte(text), nil))
}

// open is the inverse of seal.
func (s *Service) open(sealed string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < s.sealing.NonceSize() {
		return "", errSealed
	}
	size := s.sealing.NonceSize()
	text, err := s.sealing.Open(nil, raw[:size], raw[size:], nil)
	if err != nil {
		return "", errSealed
	}
	return string(text), nil
}

func newSealing(key [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
