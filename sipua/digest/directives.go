package digest

import (
	"errors"
	"fmt"
	"strings"
)

const (
	maxHeader     = 4096
	maxDirectives = 32
)

// errOtherScheme is what a header of another scheme than Digest gives.
var errOtherScheme = errors.New("not a Digest header")

// directives are the name=value pairs of a Digest header. Names are lower-case, values unquoted.
type directives map[string]string

// parseDirectives reads the value of an Authorization or WWW-Authenticate header (RFC 3261 section 25.1). It
// takes any value quoted or not and any blanks between, as clients send them, but refuses control characters,
// a directive given twice, and more than anyone needs.
func parseDirectives(header string) (directives, error) {
	rest, ok := cutScheme(header)
	if !ok {
		return nil, errOtherScheme
	}
	if len(header) > maxHeader {
		return nil, fmt.Errorf("header of %d bytes", len(header))
	}
	if strings.ContainsFunc(rest, isControl) {
		return nil, errors.New("control character")
	}
	parsed := make(directives)
	for rest = skipSeparators(rest); rest != ""; rest = skipSeparators(rest) {
		name, value, after, err := nextDirective(rest)
		if err != nil {
			return nil, err
		}
		if _, twice := parsed[name]; twice {
			return nil, fmt.Errorf("directive %q given twice", name)
		}
		if len(parsed) == maxDirectives {
			return nil, errors.New("too many directives")
		}
		parsed[name] = value
		rest = after
	}
	return parsed, nil
}

func cutScheme(header string) (rest string, ok bool) {
	const scheme = "digest"
	header = strings.TrimLeft(header, " \t")
	if len(header) <= len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return "", false
	}
	rest = header[len(scheme):]
	return rest, rest[0] == ' ' || rest[0] == '\t'
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func skipSeparators(s string) string { return strings.TrimLeft(s, " \t,") }

// nextDirective takes one name=value from the front of s.
func nextDirective(s string) (name, value, rest string, err error) {
	name, rest, found := strings.Cut(s, "=")
	name = strings.ToLower(strings.TrimSpace(name))
	if !found || !isToken(name) {
		return "", "", "", errors.New("directive without a name or a value")
	}
	rest = strings.TrimLeft(rest, " \t")
	if strings.HasPrefix(rest, `"`) {
		value, rest, err = unquote(rest)
		if err == nil && rest != "" && !strings.ContainsAny(rest[:1], " \t,") {
			err = errors.New("text behind a quoted value")
		}
		return name, value, rest, err
	}
	value, rest, _ = strings.Cut(rest, ",")
	value = strings.TrimSpace(value)
	if strings.ContainsAny(value, `"`) {
		return "", "", "", errors.New("quote within a plain value")
	}
	return name, value, rest, nil
}

// isToken tells whether s is a token of RFC 3261 section 25.1.
func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("-.!%*_+`'~", r)
	}) < 0
}

// unquote takes a quoted-string from the front of s, which begins with its quote.
func unquote(s string) (value, rest string, err error) {
	var text strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return text.String(), s[i+1:], nil
		case '\\':
			i++
			if i == len(s) {
				return "", "", errors.New("open quote")
			}
			text.WriteByte(s[i])
		default:
			text.WriteByte(s[i])
		}
	}
	return "", "", errors.New("open quote")
}

// quote writes a quoted-string.
func quote(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}
