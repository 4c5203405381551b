package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

const (
	nonceBodySize = 16 // the time it was made, then random bytes
	nonceMACSize  = 16
	maxNonces     = 1 << 16
	windowSize    = 64
)

// nonces makes and checks nonces. A nonce carries the time of its making under a hash with the key of this
// process, bound to realm and source, so none is stored before it was answered rightly.
type nonces struct {
	key  [32]byte
	life time.Duration

	mu   sync.Mutex
	used *table[string, nonceUse] // guarded by mu; nonces answered rightly, in order of first use
	// floor, guarded by mu, is when the youngest nonce was made that used had to forget before its time. One
	// not younger may be a replay, and is stale.
	floor time.Time
}

// nonceUse is what is known of one nonce: the highest count, and which of the 64 counts up to it were seen, as
// messages may overtake each other on UDP.
type nonceUse struct {
	made    time.Time
	highest uint32
	seen    uint64
}

func newNonces(life time.Duration) *nonces {
	n := &nonces{life: life, used: newTable[string, nonceUse](maxNonces)}
	_, _ = rand.Read(n.key[:]) // never fails (Go 1.24)
	return n
}

func (n *nonces) mint(now time.Time, realm, source string) string {
	var raw [nonceBodySize + nonceMACSize]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixNano()))
	_, _ = rand.Read(raw[8:nonceBodySize]) // never fails (Go 1.24)
	copy(raw[nonceBodySize:], n.mac(raw[:nonceBodySize], realm, source))
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func (n *nonces) mac(body []byte, realm, source string) []byte {
	hash := hmac.New(sha256.New, n.key[:])
	hash.Write(body)
	hash.Write([]byte(realm))
	hash.Write([]byte{0})
	hash.Write([]byte(source))
	return hash.Sum(nil)[:nonceMACSize]
}

// made tells when we made a nonce; ok is false if it isn't ours, or was made for another realm or source.
func (n *nonces) made(nonce, realm, source string) (at time.Time, ok bool) {
	var raw [nonceBodySize + nonceMACSize]byte
	if len(nonce) != base64.RawURLEncoding.EncodedLen(len(raw)) {
		return time.Time{}, false
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(nonce)); err != nil {
		return time.Time{}, false
	}
	if !hmac.Equal(raw[nonceBodySize:], n.mac(raw[:nonceBodySize], realm, source)) {
		return time.Time{}, false
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(raw[:8]))), true
}

// use spends one count of a nonce and reports whether it was fresh: ours, not too old, not used before.
func (n *nonces) use(nonce, realm, source string, count uint32, now time.Time) bool {
	made, ours := n.made(nonce, realm, source)
	if !ours || now.Sub(made) > n.life {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forgetOld(now)
	known := n.used.get(nonce)
	if known != nil {
		return known.spend(count)
	}
	if !made.After(n.floor) {
		return false
	}
	forgotten := n.used.add(nonce, &nonceUse{made: made, highest: count, seen: 1})
	if forgotten != nil && forgotten.made.After(n.floor) {
		n.floor = forgotten.made
	}
	return true
}

// forgetOld drops nonces that are too old to be accepted anyway.
func (n *nonces) forgetOld(now time.Time) {
	for oldest := n.used.oldest(); oldest != nil && now.Sub(oldest.made) > n.life; oldest = n.used.oldest() {
		n.used.removeOldest()
	}
}

// spend marks a count as used; false if it was used before or is too far behind to tell.
func (u *nonceUse) spend(count uint32) bool {
	if count > u.highest {
		u.seen = u.seen<<(count-u.highest) | 1
		u.highest = count
		return true
	}
	behind := u.highest - count
	if behind >= windowSize || u.seen>>behind&1 == 1 {
		return false
	}
	u.seen |= 1 << behind
	return true
}
