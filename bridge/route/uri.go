package route

import (
	"regexp"
	"strconv"
	"strings"
)

// uri is a SIP URI in the parts that routing looks at, or the name of a service (RFC 5031), which has no other part.
type uri struct {
	scheme, user, host, port string
	service                  string
}

// splitURI reads a URI without parameters; those that come along are left out. It gives a URI without a host
// for what is none.
func splitURI(text string) uri {
	scheme, rest, _ := strings.Cut(text, ":")
	u := uri{scheme: strings.ToLower(scheme)}
	if u.scheme == "urn" {
		u.service = strings.ToLower(rest)
		return u
	}
	server := rest
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		u.user, server = rest[:at], rest[at+1:]
	}
	if end := strings.IndexAny(server, ";?"); end >= 0 {
		server = server[:end]
	}
	server = strings.ToLower(server)
	if colon := strings.LastIndexByte(server, ':'); colon > strings.LastIndexByte(server, ']') {
		server, u.port = server[:colon], server[colon+1:]
	}
	u.host = strings.TrimSuffix(server, ".")
	return u
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// canonical gives the URI in the form that rules are matched against, so that no spelling of a number gets past
// them (RFC 3261 section 19.1.4).
func (u uri) canonical() string {
	if u.service != "" {
		return u.scheme + ":" + u.service
	}
	var text strings.Builder
	text.WriteString(u.scheme + ":")
	if u.user != "" {
		text.WriteString(escape.ReplaceAllStringFunc(u.user, unescape) + "@")
	}
	text.WriteString(u.host)
	if u.port != "" {
		text.WriteString(":" + u.port)
	}
	return text.String()
}

// unescape undoes the escape of a character that needs none; "+" is one in practice.
func unescape(escaped string) string {
	code, err := strconv.ParseUint(escaped[1:], 16, 8)
	if err != nil || !strings.ContainsRune(unreserved, rune(code)) {
		return strings.ToUpper(escaped)
	}
	return string(rune(code))
}

const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()+"

// plainUser holds the user parts that we put into URIs: those of RFC 3261 section 25.1 but without ; ? and #, which
// others may read as the end of the user part.
var plainUser = regexp.MustCompile(`^(?:[A-Za-z0-9\-_.!~*'()&=+,/$]|%[0-9A-Fa-f]{2})+$`)

func validPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0 && len(port) <= len("65535")
}
