package route

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sipbridge/bridge"
)

// destination is where a rule sends a call. Groups are what its match found, the whole first.
type destination interface {
	targets(request bridge.Request, groups []string) ([]bridge.Target, error)
}

// parseTo reads the To of a rule whose match has so many groups.
func (o Options) parseTo(to string, groups int) (destination, error) {
	kind, rest, ok := strings.Cut(to, ":")
	if !ok {
		return nil, errors.New("none of user:, trunk:, builtin:, reject: or a SIP URI")
	}
	switch kind {
	case "user":
		return o.parseUser(rest, groups)
	case "trunk":
		name, err := o.parseName(rest, groups, o.Upstreams, "trunk")
		return trunkDestination{name: name, upstreams: o.Upstreams}, err
	case "builtin":
		name, err := o.parseName(rest, groups, o.Builtin, "built-in number")
		return builtinDestination{name: name, builtin: o.Builtin}, err
	case "reject":
		return parseReject(rest)
	case "sip", "sips":
		return o.parseGateway(kind, rest, groups)
	default:
		return nil, fmt.Errorf("%q is none of user, trunk, builtin, reject, sip", kind)
	}
}

// parseName reads a name which, if it is fixed, must be known.
func (o Options) parseName(
	text string, groups int, known map[string]bridge.Endpoint, what string,
) (template, error) {
	name, err := parseTemplate(text, groups)
	if err != nil {
		return nil, err
	}
	if fixed, ok := name.fixed(); ok {
		if _, ok := known[strings.ToLower(fixed)]; !ok {
			return nil, fmt.Errorf("there is no %s %q", what, fixed)
		}
	}
	return name, nil
}

// userDestination rings all devices of a user.
type userDestination struct {
	name, domain template
	options      Options
}

func (o Options) parseUser(text string, groups int) (destination, error) {
	name, domain, hasDomain := strings.Cut(text, "@")
	if !hasDomain {
		domain = o.Domain
	}
	if name == "" || domain == "" {
		return nil, errors.New("name or domain is missing")
	}
	user := userDestination{options: o}
	var err error
	if user.name, err = parseTemplate(name, groups); err != nil {
		return nil, err
	}
	if user.domain, err = parseTemplate(domain, groups); err != nil {
		return nil, err
	}
	if fixed, ok := user.domain.fixed(); ok && !o.serves(fixed) {
		return nil, fmt.Errorf("there is no domain %q", fixed)
	}
	return user, nil
}

func (d userDestination) targets(_ bridge.Request, groups []string) ([]bridge.Target, error) {
	return d.options.lookup(d.name.expand(groups), d.domain.expand(groups))
}

// trunkDestination calls through the server of an upstream domain.
type trunkDestination struct {
	name      template
	upstreams map[string]bridge.Endpoint
}

func (d trunkDestination) targets(request bridge.Request, groups []string) ([]bridge.Target, error) {
	name := strings.ToLower(d.name.expand(groups))
	endpoint, ok := d.upstreams[name]
	if !ok {
		return nil, notFound("no such trunk")
	}
	asked := splitURI(request.To)
	if asked.host == name {
		return []bridge.Target{{Endpoint: endpoint, URI: request.To}}, nil
	}
	if !plainUser.MatchString(asked.user) {
		return nil, notFound("the user part cannot cross to a trunk")
	}
	return []bridge.Target{{Endpoint: endpoint, URI: "sip:" + asked.user + "@" + name}}, nil
}

// chosenTrunk calls through the trunk that the caller has chosen.
func (o Options) chosenTrunk(request bridge.Request) []bridge.Target {
	return []bridge.Target{{
		Endpoint: o.Upstreams[request.NextTrunk], URI: "sip:" + splitURI(request.To).user + "@" + request.NextTrunk,
	}}
}

// builtinDestination calls a built-in number.
type builtinDestination struct {
	name    template
	builtin map[string]bridge.Endpoint
}

func (d builtinDestination) targets(request bridge.Request, groups []string) ([]bridge.Target, error) {
	endpoint, ok := d.builtin[strings.ToLower(d.name.expand(groups))]
	if !ok {
		return nil, notFound("no such built-in number")
	}
	return []bridge.Target{{Endpoint: endpoint, URI: request.To}}, nil
}

// rejectDestination refuses the call.
type rejectDestination struct{ status int }

func parseReject(text string) (destination, error) {
	status, err := strconv.Atoi(text)
	if err != nil || status < 400 || status > 699 {
		return nil, errors.New("the status is not one of 400 to 699")
	}
	return rejectDestination{status: status}, nil
}

func (d rejectDestination) targets(bridge.Request, []string) ([]bridge.Target, error) {
	return nil, bridge.Cause{Status: d.status, Err: errRoute("a rule rejects the call")}
}
