// Package headers decides which header fields of a message reach the other party.
//
// The bridge is a party to both sides, so by itself nothing crosses: Via, Contact, Call-ID and the like are made anew.
// What the parties tell each other beside that, such as User-to-User or Reason, is copied. One table says for each
// name from whom it is believed; the configuration adds names to it and takes names away. How a call got here and
// where its servers are (Route, Server, the agent in a Warning) stays here, whatever the configuration says.
//
// Not in the table are P-Asserted-Identity, P-Preferred-Identity, Remote-Party-ID and Privacy (RFC 3323, RFC 3325):
// who a caller is, is not copied but decided for each server.
package headers

import (
	"errors"
	"fmt"
	"strings"
)

// Sender says how far the sender of a message is known.
type Sender uint8

// The senders, in rising order of trust.
const (
	// Stranger has proved nothing.
	Stranger Sender = iota
	// User has proved who he is.
	User
	// Server is one that the bridge is configured to use.
	Server
	// nobody is a sender that there is not.
	nobody
)

// Policy says what crosses. The zero value is the default one; a Policy does not change.
type Policy struct {
	pass, strip []string // lower case; a * at the end stands for any rest
}

// Errors of New.
var (
	// ErrName is a name that no header field can have.
	ErrName = errors.New("no name of a header field")
	// ErrFixed is a header field about which there is nothing to choose.
	ErrFixed = errors.New("this header field belongs to the bridge")
)

// New makes a policy of the default one: the fields named in pass cross whoever sends them, those in strip never do;
// strip wins. A name may end in *. The error wraps ErrName or ErrFixed.
func New(pass, strip []string) (Policy, error) {
	p := Policy{}
	for _, list := range []struct {
		given []string
		into  *[]string
	}{{pass, &p.pass}, {strip, &p.strip}} {
		for _, name := range list.given {
			lower := strings.ToLower(name)
			if !isName(strings.TrimSuffix(lower, "*")) {
				return Policy{}, fmt.Errorf("%q: %w", name, ErrName)
			}
			if isFixed(lower) {
				return Policy{}, fmt.Errorf("%q: %w", name, ErrFixed)
			}
			*list.into = append(*list.into, lower)
		}
	}
	return p, nil
}

// InCall tells whether a field of a message crosses into one that the bridge makes itself for the other party: from leg
// to leg of a call, or to a user's devices.
func (p Policy) InCall(name string, from Sender) bool {
	lower := strings.ToLower(name)
	switch {
	case isFixed(lower) || matches(p.strip, lower):
		return false
	case matches(p.pass, lower):
		return true
	default:
		return from >= ruleOf(lower).inCall
	}
}

// Up tells whether a field of a user's request reaches the server of his domain, to which it is passed on.
func (p Policy) Up(name string) bool {
	lower := strings.ToLower(name)
	rule := ruleOf(lower)
	switch {
	case isFixed(lower):
		return rule.up
	case matches(p.strip, lower):
		return false
	default:
		return rule.up || p.InCall(lower, User)
	}
}

// Down tells whether a field of what a server says reaches the user whose request was passed on to it.
func (p Policy) Down(name string) bool {
	lower := strings.ToLower(name)
	return ruleOf(lower).down && (isFixed(lower) || !matches(p.strip, lower))
}

// Value is a field's value as the other party gets it: a Warning does not say whose it is (RFC 3261 section 20.43).
func Value(name, value string) string {
	if !strings.EqualFold(name, "Warning") {
		return value
	}
	code, rest, found := strings.Cut(strings.TrimSpace(value), " ")
	_, text, hasText := strings.Cut(strings.TrimSpace(rest), " ")
	if !found || !hasText {
		return `399 sipbridge "Unknown"`
	}
	return code + " sipbridge " + strings.TrimSpace(text)
}

// Strips tells whether the configuration lets a field never cross: what crosses by the policy of its sender may not by
// that of its receiver.
func (p Policy) Strips(name string) bool {
	lower := strings.ToLower(name)
	return !isFixed(lower) && matches(p.strip, lower)
}

// matches tells whether a name in lower case is in a list.
func matches(list []string, lower string) bool {
	for _, pattern := range list {
		start, isFamily := strings.CutSuffix(pattern, "*")
		if isFamily && strings.HasPrefix(lower, start) || pattern == lower {
			return true
		}
	}
	return false
}

// isName tells whether s is a token of letters, digits and hyphens, which all names of header fields are.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != ""
}
