package bridge

import "slices"

// mostRedirections is how many contacts are tried in place of one callee. Each may ring somebody, and redirect in turn.
const mostRedirections = 5

// redirection is what becomes of a callee that says where it is instead (RFC 3261 section 8.1.3.4). The bridge follows
// by itself, to what the Router gives for the contact and the rules allow to whoever sent the call there: a user
// whose device redirects, else the caller. The caller never sees a contact.
type redirection struct {
	// request is the one that was dialled first.
	request Request
	// waiting are those to try, the next one first; tried are the URIs that were, or wait.
	waiting []Request
	tried   []string
	// followed counts the contacts that were dialled.
	followed int
}

// ring dials targets for a side that may be redirected.
func (c *call) ring(s *side, targets []Target, request Request) {
	s.redirection = redirection{request: request, tried: []string{request.To}}
	s.hold(c.exchange.dialAll(c.log, targets, request))
}

// follow dials the next contact in place of a callee that has ended before it answered, and reports false if there is
// none. Of a callee's own contacts the best comes first; those of the one before it come after them.
func (c *call) follow(s *side, cause Cause) bool {
	r := &s.redirection
	switch cause.Status / 100 {
	case 3:
		r.add(s.info(), cause.Contacts)
	case 6:
		return false // nobody else is wanted
	}
	for len(r.waiting) > 0 && r.followed < mostRedirections {
		request := r.waiting[0]
		r.waiting = r.waiting[1:]
		targets, err := c.exchange.options.Router.Route(request)
		if err != nil || len(targets) == 0 {
			c.log.Info("redirection not followed", "to", request.To, "user", request.User, "error", err)
			continue
		}
		r.followed++
		c.exchange.counts.redirected.Add(1)
		c.log.Debug("redirected", "to", request.To)
		if s == &c.callee && c.recorded == NotRecorded {
			c.recorded = recordingOf(targets)
		}
		s.unplug()
		s.retire()
		s.hold(c.exchange.dialAll(c.log, targets, request))
		return true
	}
	return false
}

// partyEnded takes the end of a party, unless it was a callee that is to be followed elsewhere.
func (c *call) partyEnded(from *side, cause Cause) {
	if from == &c.callee && c.announced != nil {
		c.spoken()
		return
	}
	if from == &c.callee && c.state != stateAnswered && c.follow(from, cause) {
		return
	}
	from.ended, from.events = true, nil
	if from == &c.callee && c.state != stateAnswered {
		c.fail(from.name, cause)
		return
	}
	c.left(from, cause)
}

// add puts a callee's contacts in front of those that wait.
func (r *redirection) add(who LegInfo, contacts []string) {
	var requests []Request
	for _, contact := range contacts {
		if slices.Contains(r.tried, contact) || len(r.tried) > 2*mostRedirections {
			continue
		}
		r.tried = append(r.tried, contact)
		requests = append(requests, r.to(contact, who))
	}
	r.waiting = append(requests, r.waiting...)
}

// to asks for the call at a contact that a callee gave.
func (r *redirection) to(contact string, who LegInfo) Request {
	request := r.request
	request.To = contact
	if who.User != "" {
		request.Origin, request.User, request.Trunk = OriginUser, who.User, ""
		request.Headers = withoutCredentials(request.Headers)
	}
	if request.MaxForwards > 1 {
		request.MaxForwards--
	}
	return request
}

// withoutCredentials leaves out those by which the caller proves himself: they are for what he asked for.
func withoutCredentials(headers []Header) []Header {
	return slices.DeleteFunc(slices.Clone(headers), func(header Header) bool {
		return header.Name == "Authorization" || header.Name == "Proxy-Authorization"
	})
}
