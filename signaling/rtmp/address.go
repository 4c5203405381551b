package rtmp

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"

	"sipbridge/bridge"
)

// maxText is the longest text that crosses from a client to another party or back, in bytes.
const maxText = 256

// clean makes text safe to hand on as a name or a reason: without control characters, quotes and brackets, and short.
// Nothing that a client says may add a line to a SIP message.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == unicode.ReplacementChar:
			return -1
		case strings.ContainsRune(`"\<>`, r):
			return -1
		default:
			return r
		}
	}, text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return strings.TrimSpace(text)
}

// address is a SIP address as a client writes it.
type address struct{ user, host string }

// addressForm is what a user and a host may be (RFC 3261 section 25.1), without escapes, password and parameters.
var addressForm = regexp.MustCompile(`^([A-Za-z0-9_.!~*'()&=+$,-]{1,128})` +
	`@([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// parseAddress reads `sip:u@h`, `"Name" <sip:u@h>`, `u@h`, or `u` alone, which is at the domain.
func parseAddress(text, domain string) (parsed address, ok bool) {
	if len(text) > maxText {
		return address{}, false
	}
	if open := strings.IndexByte(text, '<'); open >= 0 {
		inside, _, closed := strings.Cut(text[open+1:], ">")
		if !closed {
			return address{}, false
		}
		text = inside
	}
	text = strings.TrimSpace(text)
	if scheme, rest, found := strings.Cut(text, ":"); found && !strings.Contains(scheme, "@") {
		switch strings.ToLower(scheme) {
		case "sip":
			text = rest
		case "tel":
			text = rest + "@" + domain
		default:
			return address{}, false
		}
	}
	text, _, _ = strings.Cut(text, ";")
	text, _, _ = strings.Cut(text, "?")
	if !strings.Contains(text, "@") && domain != "" {
		text += "@" + domain
	}
	parts := addressForm.FindStringSubmatch(text)
	if parts == nil {
		return address{}, false
	}
	return address{user: parts[1], host: parts[2] + parts[3]}, true
}

// hostOnly gives the host without its port.
func (a address) hostOnly() string {
	if at, err := netip.ParseAddrPort(a.host); err == nil {
		return at.Addr().String()
	}
	if end := strings.LastIndexByte(a.host, ':'); end >= 0 && !strings.HasSuffix(a.host, "]") {
		return a.host[:end]
	}
	return a.host
}

func (a address) uri() string { return "sip:" + a.user + "@" + a.host }

// shown gives a party as clients are told of it: "Name" <sip:u@h>.
func shown(party bridge.Party) string {
	uri := clean(party.URI)
	if name := clean(party.Name); name != "" {
		return `"` + name + `" <` + uri + `>`
	}
	return "<" + uri + ">"
}
