package toll

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Rule says what users may, or may not, dial. A user has a limit of his own for each rule.
type Rule struct {
	// Users are names such as "alice", or "alice@example.com" where the domain counts, with * for any text. Calls that
	// come from a trunk are those of "trunk:<name>". Empty means all users, and no trunk.
	Users []string
	// Numbers are what a normalised number begins with, such as "+49", or regular expressions, which begin with ^. Empty
	// means all.
	Numbers []string
	// Trunks are the names of those through which it goes; empty means any.
	Trunks []string
	// Deny refuses what the rule names.
	Deny bool
	// MaxCalls is how many calls a user may have at once; 0 is no limit.
	MaxCalls int
	// CallsPerMinute is how many a user may begin in any minute; 0 is no limit.
	CallsPerMinute int
}

// ErrRule is the error of a rule that cannot be.
var ErrRule = errors.New("dialing rule")

// rule is a Rule that was checked.
type rule struct {
	Rule

	users   []string // Users in the form that foldCase gives
	numbers []func(number string) bool
}

func parseRule(configured Rule) (rule, error) {
	parsed := rule{Rule: configured}
	if configured.MaxCalls < 0 || configured.CallsPerMinute < 0 {
		return rule{}, errors.New("a limit is less than nothing")
	}
	for _, user := range configured.Users {
		if _, err := path.Match(user, ""); err != nil || user == "" {
			return rule{}, fmt.Errorf("user %q is no name", user)
		}
		parsed.users = append(parsed.users, foldCase(user))
	}
	for _, text := range configured.Numbers {
		matches, err := parseNumbers(text)
		if err != nil {
			return rule{}, err
		}
		parsed.numbers = append(parsed.numbers, matches)
	}
	return parsed, nil
}

// parseNumbers reads a prefix or a regular expression.
func parseNumbers(text string) (func(string) bool, error) {
	if text == "" {
		return nil, errors.New("a number is empty")
	}
	if !strings.HasPrefix(text, "^") {
		return func(number string) bool { return strings.HasPrefix(number, text) }, nil
	}
	expression, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("number: %w", err)
	}
	return expression.MatchString, nil
}

// names tells whether the rule is about a call.
func (r rule) names(call Call) bool {
	return r.namesUser(call) && r.namesNumber(call.Number) && r.namesTrunk(call.Trunk)
}

func (r rule) namesUser(call Call) bool {
	if len(r.Users) == 0 {
		return call.User != ""
	}
	name, _, _ := strings.Cut(call.User, "@")
	for _, user := range r.users {
		subject := name
		switch {
		case strings.HasPrefix(user, trunkPrefix) != (call.User == ""):
			continue
		case call.User == "" || strings.Contains(user, "@"):
			subject = foldCase(call.who())
		}
		if ok, err := path.Match(user, subject); err == nil && ok {
			return true
		}
	}
	return false
}

func (r rule) namesNumber(number string) bool {
	for _, matches := range r.numbers {
		if matches(number) {
			return true
		}
	}
	return len(r.numbers) == 0
}

func (r rule) namesTrunk(trunk string) bool {
	for _, name := range r.Trunks {
		if strings.EqualFold(name, trunk) {
			return true
		}
	}
	return len(r.Trunks) == 0
}

// trunkPrefix marks, among users, a trunk.
const trunkPrefix = "trunk:"

// foldCase puts into lower case what has no case in whom a rule is about, or a call counts for: trunks and domains.
// Names of users have one.
func foldCase(who string) string {
	if len(who) >= len(trunkPrefix) && strings.EqualFold(who[:len(trunkPrefix)], trunkPrefix) {
		return strings.ToLower(who)
	}
	at := strings.LastIndexByte(who, '@')
	if at < 0 {
		return who
	}
	return who[:at] + strings.ToLower(who[at:])
}
