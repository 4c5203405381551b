package wire

import "strings"

// blanks are SIP's linear white space once lines are unfolded (RFC 3261 section 25.1).
const blanks = " \t"

func trim(s string) string { return strings.Trim(s, blanks) }

// isToken says whether s is a token of RFC 3261 section 25.1.
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	switch {
	case isLetter(c), isDigit(c):
		return true
	default:
		return strings.IndexByte("-.!%*_+`'~", c) >= 0
	}
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// number reads plain decimal digits, no sign, up to most.
func number(s string, most uint64) (uint64, bool) {
	if s == "" {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
		if n > most {
			return 0, false
		}
	}
	return n, true
}

// quotedEnd gives the index just behind the quoted-string that s begins with, or -1 if it never ends.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// cut splits s at the first sep that stands outside quoted strings and angle brackets. ok is false
// if a quoted string or a bracket never ends.
func cut(s string, sep byte) (before, after string, found, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case sep:
			return s[:i], s[i+1:], true, true
		case '"':
			end := quotedEnd(s[i:])
			if end < 0 {
				return s, "", false, false
			}
			i += end - 1
		case '<':
			end := strings.IndexByte(s[i:], '>')
			if end < 0 {
				return s, "", false, false
			}
			i += end
		}
	}
	return s, "", false, true
}
