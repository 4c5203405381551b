package srtp

import (
	"crypto/rand"
	"errors"
	"fmt"
)

// ErrKey means octets that are no key of their suite.
var ErrKey = errors.New("srtp: not a key of this suite")

// longestKey is that of AESCM256SHA180, with its salt.
const longestKey = 32 + 14

// Key is a suite, and a master key and a salt for one direction, with the identifier that its packets carry, if any.
// Two keys are equal if they are the same; the zero value is none. It is printed as the name of its suite.
type Key struct {
	suite      Suite
	octets     [longestKey]byte
	identifier Identifier
}

// NewKey makes a key that nobody else has.
func NewKey(suite Suite) Key {
	key := Key{suite: suite}
	_, _ = rand.Read(key.octets[:suite.size()]) // never fails
	return key
}

// KeyOf makes a key of a master key followed by its salt, as SDP has them. The error is ErrKey.
func KeyOf(suite Suite, octets []byte) (Key, error) {
	key := Key{suite: suite}
	if suite.profile() == 0 || len(octets) != suite.size() {
		return Key{}, fmt.Errorf("%w: %d octets for %s", ErrKey, len(octets), suite)
	}
	copy(key.octets[:], octets)
	return key, nil
}

// WithIdentifier is the same key in packets that carry its identifier.
func (k Key) WithIdentifier(identifier Identifier) Key {
	k.identifier = identifier
	return k
}

// Identifier is what packets carry of the key.
func (k Key) Identifier() Identifier { return k.identifier }

// Suite is what the key is for.
func (k Key) Suite() Suite { return k.suite }

// Octets are the master key and the salt after it. They never belong into a log.
func (k Key) Octets() []byte { return k.octets[:k.suite.size()] }

// String tells nothing but the suite.
func (k Key) String() string { return k.suite.String() }

// GoString tells nothing but the suite.
func (k Key) GoString() string { return k.String() }

func (k Key) master() []byte { return k.octets[:k.suite.KeySize()] }

func (k Key) salt() []byte { return k.octets[k.suite.KeySize():k.suite.size()] }

func (s Suite) size() int { return s.KeySize() + s.SaltSize() }
