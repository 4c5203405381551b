package wire

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Address is the value of From, To, Contact and their like (RFC 3261 section 20.10).
type Address struct {
	// DisplayName is the inside of a quoted string, escapes kept; empty if there is none.
	DisplayName string
	URI         sip.Uri
	// Params are the parameters of the header, not of the URI; names are in lower case.
	Params sip.HeaderParams
}

// ParseAddress reads one name-addr or addr-spec with its parameters.
func ParseAddress(s string, limits Limits) (Address, error) {
	name, rest, err := cutDisplayName(trim(s))
	if err != nil {
		return Address{}, err
	}
	address := Address{DisplayName: name}
	uri, params, hasParams, err := cutURI(rest)
	if err != nil {
		return Address{}, err
	}
	if address.URI, err = ParseURI(uri, limits); err != nil {
		return Address{}, err
	}
	if hasParams {
		address.Params, err = parseParams(params, limits.Params)
	}
	return address, err
}

// cutDisplayName gives the display name ready to stand in quotes, and what follows it.
func cutDisplayName(s string) (name, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		end := quotedEnd(s)
		if end < 0 {
			return "", "", errMalformed
		}
		rest = trim(s[end:])
		if !strings.HasPrefix(rest, "<") {
			return "", "", errMalformed
		}
		return s[1 : end-1], rest, nil
	}
	open := strings.IndexByte(s, '<')
	if semicolon := strings.IndexByte(s, ';'); open < 0 || semicolon >= 0 && semicolon < open {
		return "", s, nil
	}
	name = trim(s[:open])
	if strings.ContainsAny(name, "\">,\x00") {
		return "", "", errMalformed
	}
	return strings.ReplaceAll(name, `\`, `\\`), s[open:], nil
}

// cutURI separates the URI from the header's parameters. Without brackets everything behind ";" belongs to
// the header, and a "?" or "," can't be told from the URI's own (RFC 3261 section 20.10).
func cutURI(s string) (uri, params string, hasParams bool, err error) {
	inner, bracketed := strings.CutPrefix(s, "<")
	if !bracketed {
		uri, params, hasParams = strings.Cut(s, ";")
		if strings.ContainsAny(uri, "?,") {
			return "", "", false, errMalformed
		}
		return trim(uri), params, hasParams, nil
	}
	uri, rest, closed := strings.Cut(inner, ">")
	rest = trim(rest)
	params, hasParams = strings.CutPrefix(rest, ";")
	if !closed || rest != "" && !hasParams {
		return "", "", false, errMalformed
	}
	return uri, params, hasParams, nil
}
