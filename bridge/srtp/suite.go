package srtp

import (
	"strings"

	pion "github.com/pion/srtp/v3"
)

// Suite is a way of protecting packets.
type Suite uint8

// The suites, by the names that SDP has for them: RFC 4568 section 6.2, RFC 6188 section 7, RFC 7714 section 14.2.
const (
	// AEADAES128GCM costs half of what AESCM128SHA180 does.
	AEADAES128GCM Suite = iota + 1
	// AEADAES256GCM has a longer key.
	AEADAES256GCM
	// AESCM128SHA180 is what every phone has.
	AESCM128SHA180
	// AESCM128SHA132 has a shorter tag on RTP, not on RTCP.
	AESCM128SHA132
	// AESCM256SHA180 is AESCM128SHA180 with a longer key.
	AESCM256SHA180
	// AESCM256SHA132 is AESCM128SHA132 with a longer key.
	AESCM256SHA132
)

// Suites are all of them, the preferred first.
func Suites() []Suite { return append(Common(), AESCM256SHA180, AESCM256SHA132) }

// Common are those of which each party has one. To offer more would only make an offer larger.
func Common() []Suite { return []Suite{AEADAES128GCM, AEADAES256GCM, AESCM128SHA180, AESCM128SHA132} }

// String is the name in SDP.
func (s Suite) String() string {
	switch s {
	case AEADAES128GCM:
		return "AEAD_AES_128_GCM"
	case AEADAES256GCM:
		return "AEAD_AES_256_GCM"
	case AESCM128SHA180:
		return "AES_CM_128_HMAC_SHA1_80"
	case AESCM128SHA132:
		return "AES_CM_128_HMAC_SHA1_32"
	case AESCM256SHA180:
		return "AES_256_CM_HMAC_SHA1_80"
	case AESCM256SHA132:
		return "AES_256_CM_HMAC_SHA1_32"
	default:
		return "unknown"
	}
}

// SuiteNamed finds a suite by its name in SDP, in upper or lower case.
func SuiteNamed(name string) (Suite, bool) {
	for _, suite := range Suites() {
		if strings.EqualFold(name, suite.String()) {
			return suite, true
		}
	}
	return 0, false
}

// KeySize is the length of a master key, in octets.
func (s Suite) KeySize() int {
	switch s {
	case AEADAES256GCM, AESCM256SHA180, AESCM256SHA132:
		return 32
	default:
		return 16
	}
}

// SaltSize is the length of a master salt, in octets.
func (s Suite) SaltSize() int {
	if s == AEADAES128GCM || s == AEADAES256GCM {
		return 12
	}
	return 14
}

func (s Suite) profile() pion.ProtectionProfile {
	switch s {
	case AEADAES128GCM:
		return pion.ProtectionProfileAeadAes128Gcm
	case AEADAES256GCM:
		return pion.ProtectionProfileAeadAes256Gcm
	case AESCM128SHA180:
		return pion.ProtectionProfileAes128CmHmacSha1_80
	case AESCM128SHA132:
		return pion.ProtectionProfileAes128CmHmacSha1_32
	case AESCM256SHA180:
		return pion.ProtectionProfileAes256CmHmacSha1_80
	case AESCM256SHA132:
		return pion.ProtectionProfileAes256CmHmacSha1_32
	default:
		return 0 // none: no Key has it
	}
}
