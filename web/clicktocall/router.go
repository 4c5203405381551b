package clicktocall

import (
	"net/url"
	"strings"

	"sipbridge/bridge"
	"sipbridge/transcode"
)

// Router sends the calls of guests where they may go, and leaves all others to another Router.
type Router struct {
	service *Service
	next    bridge.Router
}

// Router puts the guests before other routes.
func (s *Service) Router(next bridge.Router) *Router { return &Router{service: s, next: next} }

// IsGuest tells whether a user, "name@domain", is a guest: one who may do nothing but call.
func (s *Service) IsGuest(user string) bool {
	name, domain, _ := strings.Cut(user, "@")
	return strings.HasPrefix(name, guestPrefix) && strings.EqualFold(domain, s.options.Domain)
}

// Route sends a guest to the address that he may call, as the owner of that address wishes. Whatever else he asks for
// is refused with 403, also as the target of a transfer, and so is who has no tries left. The error is a bridge.Cause.
func (r *Router) Route(request bridge.Request) ([]bridge.Target, error) {
	if !r.service.IsGuest(request.User) {
		return r.next.Route(request)
	}
	guest, ok := r.service.guests.try(request.User, r.service.options.Now())
	if !ok || !strings.EqualFold(request.To, buttonURI(r.service.options.Domain)) {
		r.service.strayed(request)
		return nil, bridge.Cause{Status: 403, Text: "Guests Call From Buttons", Err: errStray}
	}
	if !r.service.running.take(guest.User, guest.To, r.service.options.CallsAtOnce) {
		return nil, bridge.Cause{Status: 486, Text: "Busy Here", Err: errFull}
	}
	request.To = guest.To
	targets, err := r.next.Route(request)
	for i := range targets {
		targets[i].Endpoint = guest.at(targets[i].Endpoint)
	}
	return targets, err
}

// buttonURI is what the page asks for: it need not know the address.
func buttonURI(domain string) string { return "sip:button@" + domain }

var (
	errStray = refuse(Denied, "a guest may not call that, or not any more")
	errFull  = refuse(Busy, "as many guests as may call that address do")
)

// strayed counts and tells of a guest who wants more than he may.
func (s *Service) strayed(request bridge.Request) {
	s.counts.strayed.Add(1)
	s.complaints.Do(func() {
		s.options.Logger.Warn("click-to-call: refused", "user", request.User, "to", request.To)
	})
}

// at gives the endpoint as a guest calls it: he is shown by where he comes from, or as the caller that the owner of
// the address has set, and never by what his page says.
func (g Guest) at(endpoint bridge.Endpoint) bridge.Endpoint {
	return visited{endpoint: endpoint, guest: g}
}

// visited is an endpoint that a guest calls.
type visited struct {
	endpoint bridge.Endpoint
	guest    Guest
}

// Dial calls the endpoint in the name that the guest has there.
func (v visited) Dial(request bridge.Request) bridge.Leg { return v.endpoint.Dial(v.asked(request)) }

// asked is the request as the endpoint sees it.
func (v visited) asked(request bridge.Request) bridge.Request {
	request.From = bridge.Party{Name: "Visitor of " + site(v.guest.Origin), URI: "sip:" + v.guest.User}
	request.Headers = nil
	request.Asserted, request.Private = bridge.Party{}, false
	if as := v.guest.As; as != nil {
		request.From = bridge.Party{Name: as.Name, URI: as.URI}
		request.Login = as.Login
		_, request.User, _ = strings.Cut(as.URI, ":")
	}
	return request
}

// Codecs are those of the endpoint.
func (v visited) Codecs() []transcode.Codec {
	if restricted, ok := v.endpoint.(bridge.Restricted); ok {
		return restricted.Codecs()
	}
	return nil
}

// Metered tells whether the endpoint counts for itself.
func (v visited) Metered(request bridge.Request) bool {
	metered, ok := v.endpoint.(bridge.Metered)
	return ok && metered.Metered(v.asked(request))
}

// site is the host of a web site.
func site(origin string) string {
	if parsed, err := url.Parse(origin); err == nil && parsed.Host != "" {
		return parsed.Host
	}
	return "a web site"
}

var (
	_ bridge.Metered    = visited{}
	_ bridge.Restricted = visited{}
)
