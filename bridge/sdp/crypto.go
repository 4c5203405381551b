package sdp

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sipbridge/bridge/srtp"
)

const (
	// method is the only one of keys (RFC 4568 section 6.1).
	method = "inline:"
	// longestCrypto is the longest a=crypto that is read, in octets; a key takes at most 64 of them.
	longestCrypto = 512
	// maxKeys is how many keys a line may have.
	maxKeys = 4
	// shortestLifetime is the least number of packets for which a key may be good: nobody changes keys for us, so a call
	// has to be over before, which with 50 packets a second gives it five hours.
	shortestLifetime = 1 << 20
)

// Crypto is an a=crypto line that can be used: a key or several, and SRTP as it is by default (RFC 4568).
type Crypto struct {
	// Tag names the line among those of its section.
	Tag uint32
	// Key is with what the describing party encrypts; its packets carry the identifier that the line gives it (MKI).
	Key srtp.Key
	// Further are keys that may take its place, packet by packet, as their identifiers say (section 6.1); those that are
	// none come last.
	Further [maxKeys - 1]srtp.Key
}

// SameKeys tells whether a line has the keys of another one.
func (c Crypto) SameKeys(other Crypto) bool { return c.Key == other.Key && c.Further == other.Further }

// Opener makes what opens packets that the describing party encrypts.
func (c Crypto) Opener() (*srtp.Opener, error) {
	opener, err := srtp.NewOpener(c.Key, c.further()...)
	if err != nil {
		return nil, fmt.Errorf("a=crypto: %w", err)
	}
	return opener, nil
}

// further are those that are keys.
func (c Crypto) further() []srtp.Key {
	if none := slices.Index(c.Further[:], srtp.Key{}); none >= 0 {
		return c.Further[:none]
	}
	return c.Further[:]
}

// value is what stands behind "a=crypto:".
func (c Crypto) value() string {
	keys := append(make([]string, 0, maxKeys), inline(c.Key))
	for _, key := range c.further() {
		keys = append(keys, inline(key))
	}
	return fmt.Sprintf("%d %s %s", c.Tag, c.Key.Suite(), strings.Join(keys, ";"))
}

// inline is a key as a line has it.
func inline(key srtp.Key) string {
	text := method + base64.StdEncoding.EncodeToString(key.Octets())
	if mki := key.Identifier(); mki.Size > 0 {
		text += "|" + strconv.FormatUint(mki.Value, 10) + ":" + strconv.Itoa(int(mki.Size))
	}
	return text
}

// parseCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:<key and salt>|2^31|1:4 WSH=64". It reports false for lines that
// are not to be taken: suites that we don't have, more than maxKeys keys, identifiers of more octets than anybody has
// use for, and session parameters that change what SRTP is, such as UNENCRYPTED_SRTP. A party has other lines for those
// who don't know such things.
func parseCrypto(value string) (Crypto, bool) {
	if len(value) > longestCrypto {
		return Crypto{}, false
	}
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return Crypto{}, false
	}
	tag, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil || len(fields[0]) > 9 {
		return Crypto{}, false
	}
	suite, ok := srtp.SuiteNamed(fields[1])
	if !ok {
		return Crypto{}, false
	}
	line, ok := parseKeys(suite, fields[2])
	line.Tag = uint32(tag)
	for _, parameter := range fields[3:] {
		ok = ok && harmless(parameter)
	}
	return line, ok
}

// parseKeys reads one or several keys with semicolons between them. Of several each has an identifier of its own, and
// all of one size.
func parseKeys(suite srtp.Suite, text string) (line Crypto, ok bool) {
	texts := strings.Split(text, ";")
	if len(texts) > maxKeys {
		return Crypto{}, false
	}
	seen := make(map[srtp.Identifier]bool)
	for i, text := range texts {
		key, ok := parseKey(suite, text)
		mki := key.Identifier()
		if !ok || seen[mki] || len(texts) > 1 && mki.Size == 0 || i > 0 && mki.Size != line.Key.Identifier().Size {
			return Crypto{}, false
		}
		seen[mki] = true
		if i == 0 {
			line.Key = key
		} else {
			line.Further[i-1] = key
		}
	}
	return line, true
}

// parseKey reads "inline:<key and salt>|<lifetime>|<MKI>:<its octets>", of which both of the latter may be missing, and
// the padding of Base64, too.
func parseKey(suite srtp.Suite, text string) (srtp.Key, bool) {
	if len(text) < len(method) || !strings.EqualFold(text[:len(method)], method) {
		return srtp.Key{}, false
	}
	encoded, rest, more := strings.Cut(text[len(method):], "|")
	mki := srtp.Identifier{}
	if more {
		var ok bool
		if mki, ok = parseLimits(rest); !ok {
			return srtp.Key{}, false
		}
	}
	octets, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return srtp.Key{}, false
	}
	key, err := srtp.KeyOf(suite, octets)
	return key.WithIdentifier(mki), err == nil
}

// parseLimits reads a lifetime, an MKI, or both with a bar between.
func parseLimits(text string) (srtp.Identifier, bool) {
	lifetime, mki, both := strings.Cut(text, "|")
	if !both && strings.Contains(text, ":") {
		return parseMKI(text)
	}
	if !longEnough(lifetime) || !both {
		return srtp.Identifier{}, longEnough(lifetime)
	}
	return parseMKI(mki)
}

// parseMKI reads "1:4": the number of a key, and how many octets it takes in packets.
func parseMKI(text string) (srtp.Identifier, bool) {
	number, octets, _ := strings.Cut(text, ":")
	value, err := strconv.ParseUint(number, 10, 64)
	size, errSize := strconv.ParseUint(octets, 10, 8)
	mki := srtp.Identifier{Value: value, Size: uint8(size)}
	return mki, err == nil && errSize == nil && mki.Fits()
}

// longEnough reads a lifetime in packets: "1048576" or "2^20".
func longEnough(text string) bool {
	if exponent, power := strings.CutPrefix(text, "2^"); power {
		value, err := strconv.ParseUint(exponent, 10, 8)
		return err == nil && value >= 20 && value <= 48
	}
	value, err := strconv.ParseUint(text, 10, 64)
	return err == nil && value >= shortestLifetime
}

// harmless tells whether a session parameter may be ignored: a hint at a window (RFC 4568 section 6.3.6), or one that
// says so itself (section 6.3.7).
func harmless(parameter string) bool {
	return strings.HasPrefix(parameter, "-") || len(parameter) > 4 && strings.EqualFold(parameter[:4], "WSH=")
}
