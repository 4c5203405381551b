package route

import (
	"errors"
	"fmt"
	"strings"

	"sipbridge/bridge"
)

// Options says what there is to route to.
type Options struct {
	// Rules are tried in order.
	Rules []Rule
	// Directory finds the devices of users. Required for calls, not for New.
	Directory bridge.Directory
	// Builtin are the built-in numbers by name, in lower case.
	Builtin map[string]bridge.Endpoint
	// Announcements are what callers may hear first, by name.
	Announcements map[string]bridge.Endpoint
	// Gateway dials any SIP URI, for rules whose To is one; NumberGateway does where the caller chooses the user part.
	Gateway, NumberGateway bridge.Endpoint
	// Upstreams dial through the servers of upstream domains, by the domain in lower case. The domain is also the name
	// of the trunk.
	Upstreams map[string]bridge.Endpoint
	// Domain is the first domain of our own; "user:<name>" means a user there.
	Domain string
	// LocalDomain tells whether a host is served by the Directory; nil means that only Domain is.
	LocalDomain func(host string) bool
}

// Router is a bridge.Router by rules. It may be used by any goroutine.
type Router struct {
	options Options
	rules   []rule
}

// New checks the rules. The error joins one for each bad rule; each is an ErrRule and names the rule by its place,
// from 1. Endpoints in Options may be nil where the rules are only to be checked; their names count.
func New(options Options) (*Router, error) {
	router := &Router{options: options}
	var faults []error
	for i, configured := range options.Rules {
		parsed, err := options.parseRule(configured)
		if err != nil {
			faults = append(faults, fmt.Errorf("%w %d (%s): %w", ErrRule, i+1, configured.Match, err))
			continue
		}
		router.rules = append(router.rules, parsed)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return router, nil
}

// Route gives the targets of a request. The error is a bridge.Cause: 404 if nobody is meant by the
// URI, 480 if the user has no device registered, or what a rule rejects with.
func (r *Router) Route(request bridge.Request) ([]bridge.Target, error) {
	asked := splitURI(request.To)
	if asked.host == "" && asked.service == "" {
		return nil, notFound("no SIP URI")
	}
	found, groups := r.find(request, asked)
	if r.mayLeaveBy(request, asked, found.to) {
		return found.marked(r.options.chosenTrunk(request)), nil
	}
	if found.to != nil {
		targets, err := found.to.targets(request, groups)
		return found.marked(targets), err
	}
	return r.upstream(request, asked)
}

// mayLeaveBy tells whether a request goes by the trunk that its caller has chosen: he must be a user, and the rules may
// not want him elsewhere than out to some trunk. What he may dial there is for that trunk to ask.
func (r *Router) mayLeaveBy(request bridge.Request, asked uri, to destination) bool {
	if _, known := r.options.Upstreams[request.NextTrunk]; !known || request.Origin != bridge.OriginUser ||
		!plainUser.MatchString(asked.user) {
		return false
	}
	if _, isUpstream := r.options.Upstreams[asked.host]; to == nil {
		return !isUpstream
	}
	_, isTrunk := to.(trunkDestination)
	return isTrunk
}

// Owner gives the user whose devices a request is for, whether he has any now or not; false if a rule sends it
// elsewhere, or none sends it anywhere.
func (r *Router) Owner(request bridge.Request) (name, domain string, ok bool) {
	found, groups := r.find(request, splitURI(request.To))
	user, ok := found.to.(userDestination)
	if !ok {
		return "", "", false
	}
	return user.name.expand(groups), user.domain.expand(groups), true
}

// find gives the first rule that matches a request, and what it found; one that leads nowhere if none does.
func (r *Router) find(request bridge.Request, asked uri) (found rule, groups []string) {
	canonical := asked.canonical()
	for _, candidate := range r.rules {
		if !candidate.serves(request) {
			continue
		}
		if groups := candidate.match.FindStringSubmatch(canonical); groups != nil {
			return candidate, groups
		}
	}
	return rule{}, nil
}

// upstream routes what no rule matches: users reach the server of an upstream domain, and that server the users that
// registered there through us. Nobody is passed on from one server to another, and no stranger to any.
func (r *Router) upstream(request bridge.Request, asked uri) ([]bridge.Target, error) {
	endpoint, ok := r.options.Upstreams[asked.host]
	switch {
	case !ok:
		return nil, notFound("no rule matches")
	case request.Origin == bridge.OriginUser:
		return []bridge.Target{{Endpoint: endpoint, URI: request.To}}, nil
	case request.Origin == bridge.OriginUpstream && strings.EqualFold(request.Trunk, asked.host):
		return r.options.lookup(asked.user, asked.host)
	default:
		return nil, notFound("no rule matches")
	}
}

// lookup gives the devices of a user.
func (o Options) lookup(name, domain string) ([]bridge.Target, error) {
	if o.Directory == nil || !o.serves(domain) {
		return nil, notFound("no such domain")
	}
	targets, known := o.Directory.Lookup(name, domain)
	switch {
	case !known:
		return nil, notFound("no such user")
	case len(targets) == 0:
		return nil, bridge.Cause{Status: 480, Text: "Temporarily Unavailable", Err: errRoute("not registered")}
	default:
		return targets, nil
	}
}

// serves tells whether the Directory may know users of a domain.
func (o Options) serves(domain string) bool {
	if _, ok := o.Upstreams[strings.ToLower(domain)]; ok || strings.EqualFold(domain, o.Domain) {
		return true
	}
	return o.LocalDomain != nil && o.LocalDomain(domain)
}

func notFound(why errRoute) bridge.Cause {
	return bridge.Cause{Status: 404, Text: "Not Found", Err: why}
}

// errRoute says why a call was not routed.
type errRoute string

func (e errRoute) Error() string { return string(e) }
