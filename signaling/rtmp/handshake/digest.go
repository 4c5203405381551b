package handshake

import (
	"crypto/hmac"
	"crypto/sha256"
)

// size is that of each packet but the version byte.
const size = 1536

// The parts of the layouts.
const (
	digestSize = sha256.Size
	// offsets is how many places a digest may begin at, behind the four bytes that say which.
	offsets = 728
)

// layout is where the four bytes stand that say where the digest is.
type layout int

const (
	digestFirst layout = 8
	keyFirst    layout = 772
)

// place gives where the digest of a packet begins.
func (l layout) place(packet []byte) int {
	sum := 0
	for _, part := range packet[l : l+4] {
		sum += int(part)
	}
	return int(l) + 4 + sum%offsets
}

// digest computes the digest of a packet around its place.
func (l layout) digest(packet, key []byte) []byte {
	place := l.place(packet)
	return seal(key, packet[:place], packet[place+digestSize:])
}

// seal gives the HMAC-SHA256 of the parts.
func seal(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// find gives the layout in which a packet has a digest made with key, and that digest.
func find(packet, key []byte) (found layout, digest []byte, ok bool) {
	for _, candidate := range [...]layout{digestFirst, keyFirst} {
		place := candidate.place(packet)
		there := packet[place : place+digestSize]
		if hmac.Equal(there, candidate.digest(packet, key)) {
			return candidate, there, true
		}
	}
	return 0, nil, false
}

// secret is behind the names in both keys.
const secret = "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57" +
	"\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae"

const (
	playerName = "Genuine Adobe Flash Player 001"
	serverName = "Genuine Adobe Flash Media Server 001"
)

func playerKey() []byte { return []byte(playerName + secret) }

func serverKey() []byte { return []byte(serverName + secret) }
