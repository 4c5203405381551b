package registrar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/wire"
)

const (
	maxContactText   = 8192
	maxContacts      = 32
	maxContactParams = 64
)

// contact is one value of a Contact header (RFC 3261 section 20.10), kept as it was sent.
type contact struct {
	// display is the display name as it was sent, in its quotes if it had any.
	display string
	// text is the URI as it was sent, uri the same read.
	text string
	uri  sip.Uri
	// params are the parameters in their order, without expires.
	params []contactParam
	// expires is what the expires parameter said, empty without one.
	expires string
}

// contactParam is a parameter as it was sent; a value keeps its quotes, and is empty if there was none.
type contactParam struct{ name, value string }

// parseContacts reads the value of a Contact header: contacts by commas, or star for "*" alone.
func parseContacts(text string) (contacts []contact, star bool, err error) {
	if len(text) > maxContactText || strings.ContainsFunc(text, isControl) {
		return nil, false, errors.New("contact too long or with control characters")
	}
	if strings.TrimSpace(text) == "*" {
		return nil, true, nil
	}
	for _, piece := range splitOutside(text, ',') {
		if strings.TrimSpace(piece) == "" {
			continue
		}
		if len(contacts) == maxContacts {
			return nil, false, errors.New("too many contacts")
		}
		one, err := parseContact(strings.TrimSpace(piece))
		if err != nil {
			return nil, false, err
		}
		contacts = append(contacts, one)
	}
	return contacts, false, nil
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// splitOutside splits at separator where it stands neither in quotes nor in angle brackets.
func splitOutside(text string, separator byte) (pieces []string) {
	quoted, bracketed, start := false, false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<' || c == '>':
			bracketed = c == '<'
		case c == separator && !bracketed:
			pieces = append(pieces, text[start:i])
			start = i + 1
		}
	}
	return append(pieces, text[start:])
}

// parseContact reads one contact. Without angle brackets, everything behind a semicolon is the header's
// (RFC 3261 section 20).
func parseContact(text string) (contact, error) {
	pieces := splitOutside(text, ';')
	display, uri, err := splitAddress(strings.TrimSpace(pieces[0]))
	if err != nil {
		return contact{}, err
	}
	if len(pieces) > maxContactParams {
		return contact{}, errors.New("contact with too many parameters")
	}
	parsed := contact{display: display, text: uri}
	if err := parsed.readURI(); err != nil {
		return contact{}, err
	}
	for _, piece := range pieces[1:] {
		if err := parsed.addParam(piece); err != nil {
			return contact{}, err
		}
	}
	return parsed, nil
}

// splitAddress takes apart `"name" <uri>`, `name <uri>`, `<uri>` or `uri`.
func splitAddress(text string) (display, uri string, err error) {
	if !strings.HasSuffix(text, ">") {
		return "", text, nil
	}
	open := strings.LastIndexByte(text, '<') // a URI holds none itself
	if open < 0 {
		return "", "", errors.New("contact without an opening bracket")
	}
	display = strings.TrimSpace(text[:open])
	if !isDisplayName(display) {
		return "", "", errors.New("malformed display name")
	}
	return display, text[open+1 : len(text)-1], nil
}

// isDisplayName tells whether a display name is a quoted-string or plain words.
func isDisplayName(text string) bool {
	if strings.HasPrefix(text, `"`) {
		return isQuoted(text)
	}
	return !strings.ContainsAny(text, `"<>@,;:\`)
}

// isQuoted tells whether text is exactly one quoted-string.
func isQuoted(text string) bool {
	if len(text) < 2 || text[0] != '"' {
		return false
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i == len(text)-1
		}
	}
	return false
}

// readURI checks the URI: it is to become a Request-URI, so it must be SIP. It must also be one that strict clients can
// read, for a 200 shows all bindings to each of them.
func (c *contact) readURI() error {
	if strings.ContainsFunc(c.text, func(r rune) bool { return r <= ' ' || r > '~' }) ||
		strings.ContainsAny(c.text, "<>\"\\^`{|}") {
		return errors.New("forbidden character in contact URI")
	}
	var err error
	if c.uri, err = wire.ParseURI(c.text, wire.Limits{Params: maxContactParams}); err != nil {
		return fmt.Errorf("contact URI: %w", err)
	}
	if c.uri.Scheme != "sip" && c.uri.Scheme != "sips" || c.uri.Host == "" {
		return errors.New("contact URI of another kind than SIP")
	}
	return nil
}

// addParam reads "name" or "name=value"; blanks around are dropped, and an empty one passed over.
func (c *contact) addParam(text string) error {
	name, value, _ := strings.Cut(text, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if name == "" && value == "" {
		return nil
	}
	if !isToken(name) || value != "" && !isQuoted(value) && !isPlainValue(value) {
		return fmt.Errorf("malformed contact parameter %q", name)
	}
	if strings.EqualFold(name, "expires") {
		if c.expires == "" {
			c.expires = value
		}
		return nil
	}
	c.params = append(c.params, contactParam{name, value})
	return nil
}

func isToken(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool { return !isTokenRune(r) }) < 0
}

// isPlainValue allows a token or a host, with its brackets and colons.
func isPlainValue(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !isTokenRune(r) && !strings.ContainsRune("[]:", r) }) < 0
}

// isTokenRune is RFC 3261 section 25.1.
func isTokenRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-.!%*_+`'~", r)
}

// target is the URI as a Request-URI: without headers, which can't stand in one (RFC 3261 section 19.1.1).
func (c *contact) target() string {
	target, _, _ := strings.Cut(c.text, "?")
	return target
}

// param gives the value of a parameter without its quotes, empty if it isn't there.
func (c *contact) param(name string) string {
	for _, param := range c.params {
		if strings.EqualFold(param.name, name) {
			return strings.Trim(param.value, `"`)
		}
	}
	return ""
}

// regID is the reg-id parameter (RFC 5626 section 4.2), zero if there is none or it's malformed.
func (c *contact) regID() uint32 {
	id, err := strconv.ParseUint(c.param("reg-id"), 10, 31)
	if err != nil {
		return 0
	}
	return uint32(id)
}

// q is the preference from 0 to 1000; 1000 if nothing is said (RFC 3261 section 20.10).
func (c *contact) q() int {
	value, err := strconv.ParseFloat(c.param("q"), 64)
	if err != nil || value < 0 || value > 1 {
		return 1000
	}
	return int(value * 1000)
}

// String prints the contact as it was sent, without expires, in the form that every client reads.
func (c *contact) String() string {
	var text strings.Builder
	switch {
	case strings.HasPrefix(c.display, `"`):
		text.WriteString(c.display + " ")
	case c.display != "":
		text.WriteString(`"` + c.display + `" `)
	}
	text.WriteString("<" + c.text + ">")
	for _, param := range c.params {
		text.WriteString(";" + param.name)
		if param.value != "" {
			text.WriteString("=" + param.value)
		}
	}
	return text.String()
}
