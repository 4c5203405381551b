package route

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sipbridge/bridge"
)

// Rule is one line of the routing table, as configured.
type Rule struct {
	// From says whose calls: "users", "trunk:<name>" or "any".
	From string
	// Match is a regular expression that is looked for in the whole Request-URI without its parameters. Scheme
	// and host are in lower case there, and so is what the expression says behind an @; escapes of letters, digits, marks
	// and + are undone in the user part. The name of a service (urn:service:sos) is in lower case.
	Match string
	// To is where the call goes: "user:<name>", "user:<name>@<domain>", "trunk:<name>", "builtin:<name>",
	// "reject:<status>" or a SIP URI. $1 or ${1} stands for what the first group of Match found, except in the
	// host of a SIP URI and in a status.
	To string
	// Announce names the one of Options.Announcements that the caller hears first; empty for none.
	Announce string
	// Record has the call recorded, in which format.
	Record bridge.RecordingFormat
}

// ErrRule is the error of a rule that cannot be.
var ErrRule = errors.New("route rule")

// rule is a Rule that was checked.
type rule struct {
	allows func(bridge.Request) bool
	match  *regexp.Regexp
	to     destination
	before bridge.Endpoint
	record bridge.RecordingFormat
}

func (o Options) parseRule(configured Rule) (rule, error) {
	match, err := compileMatch(configured.Match)
	if err != nil {
		return rule{}, fmt.Errorf("match: %w", err)
	}
	if configured.Match == "" {
		return rule{}, errors.New("match is empty")
	}
	allows, err := o.parseFrom(configured.From)
	if err != nil {
		return rule{}, err
	}
	to, err := o.parseTo(configured.To, match.NumSubexp())
	if err != nil {
		return rule{}, fmt.Errorf("to %q: %w", configured.To, err)
	}
	before, known := o.Announcements[configured.Announce]
	if configured.Announce != "" && !known {
		return rule{}, fmt.Errorf("there is no announcement %q", configured.Announce)
	}
	return rule{allows: allows, match: match, to: to, before: before, record: configured.Record}, nil
}

// marked gives the targets with what else the rule wants of the call.
func (r rule) marked(targets []bridge.Target) []bridge.Target {
	if r.before == nil && r.record == bridge.NotRecorded {
		return targets
	}
	marked := slices.Clone(targets)
	for i := range marked {
		marked[i].Before, marked[i].Record = r.before, r.record
	}
	return marked
}

// serves tells whether the rule is for this caller. One that proved nothing reaches our own users and numbers by it,
// but no trunk and no SIP URI, whatever From says: the bridge relays for nobody it does not know.
func (r rule) serves(request bridge.Request) bool {
	if request.Origin == bridge.OriginUnknown {
		switch r.to.(type) {
		case trunkDestination, gatewayDestination:
			return false
		}
	}
	return r.allows(request)
}

// parseFrom gives the test of who calls. Only "any" lets through a caller that proved nothing.
func (o Options) parseFrom(from string) (func(bridge.Request) bool, error) {
	switch name, isTrunk := strings.CutPrefix(from, "trunk:"); {
	case from == "any":
		return func(bridge.Request) bool { return true }, nil
	case from == "users":
		return func(r bridge.Request) bool { return r.Origin == bridge.OriginUser }, nil
	case isTrunk:
		if _, ok := o.Upstreams[strings.ToLower(name)]; !ok {
			return nil, fmt.Errorf("from %q: there is no such trunk", from)
		}
		return func(r bridge.Request) bool {
			return r.Origin == bridge.OriginUpstream && strings.EqualFold(r.Trunk, name)
		}, nil
	default:
		return nil, fmt.Errorf("from %q is none of users, trunk:<name>, any", from)
	}
}
