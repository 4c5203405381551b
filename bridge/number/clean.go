package number

import "strings"

const (
	// signs are what a number is made of.
	signs = "0123456789*#"
	// separators are for the eye only (RFC 3966 section 5.1.1).
	separators = "-.() "
)

// Clean gives the user part of a SIP URI, or what follows "tel:", without escapes, parameters and visual separators.
// What is no number comes back without its escapes and parameters.
func Clean(user string) string {
	user, _, _ = strings.Cut(user, ";")
	plain := unescape(user)
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune(separators, r) {
			return -1
		}
		return r
	}, plain)
	if !IsNumber(number) {
		return plain
	}
	return number
}

// IsNumber tells whether text is a number without separators: digits, * and #, and before them perhaps a +.
func IsNumber(text string) bool {
	digits := strings.TrimPrefix(text, "+")
	return digits != "" && strings.Trim(digits, signs) == ""
}

// Escape writes a number or name as the user part of a SIP URI (RFC 3261 section 25.1).
func Escape(text string) string {
	const hex = "0123456789ABCDEF"
	var escaped strings.Builder
	for i := range len(text) {
		if c := text[i]; strings.IndexByte(userSigns, c) >= 0 {
			escaped.WriteByte(c)
		} else {
			escaped.WriteString(string([]byte{'%', hex[c>>4], hex[c&15]}))
		}
	}
	return escaped.String()
}

// userSigns need no escape in a user part. Of those that RFC 3261 allows ; ? and / are missing: others may read them
// as its end.
const userSigns = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,"

// unescape undoes each %XX that stands for a printable sign of ASCII.
func unescape(text string) string {
	var plain strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			high, low := digit(text[i+1]), digit(text[i+2])
			if code := high<<4 | low; high >= 0 && low >= 0 && code >= ' ' && code < 0x7f {
				plain.WriteByte(byte(code))
				i += 2
				continue
			}
		}
		plain.WriteByte(text[i])
	}
	return plain.String()
}

// digit gives the value of a hexadecimal digit, or -1.
func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}
