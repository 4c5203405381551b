package dtmf

import "strings"

// digits are the keys in the order of their event codes (RFC 4733 section 3.2, table 3).
const digits = "0123456789*#ABCD"

// Event gives the telephone-event code of a key, one of 0-9 * # A-D. Letters may be small.
func Event(digit byte) (code uint8, ok bool) {
	if digit >= 'a' && digit <= 'd' {
		digit -= 'a' - 'A'
	}
	i := strings.IndexByte(digits, digit)
	return uint8(max(i, 0)), i >= 0
}

// Digit gives the key of a telephone-event code; codes above 15 are no keys.
func Digit(code uint8) (digit byte, ok bool) {
	if int(code) >= len(digits) {
		return 0, false
	}
	return digits[code], true
}
