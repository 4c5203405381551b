package message

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/headers"
)

// Message is what requests and responses have in common.
type Message interface {
	AppendHeader(header sip.Header)
	GetHeader(name string) sip.Header
	GetHeaders(name string) []sip.Header
	Headers() []sip.Header
	Body() []byte
	SetBody(body []byte)
}

// Contact gives the first Contact, of which sipgo's own accessor gives the last; nil if there is none.
func Contact(m Message) *sip.ContactHeader {
	for _, header := range m.GetHeaders("Contact") {
		if contact, ok := header.(*sip.ContactHeader); ok {
			return contact
		}
	}
	return nil
}

// ContentType gives the media type of a body, lower-case and without parameters.
func ContentType(request *sip.Request) string {
	header := request.GetHeader("Content-Type")
	if header == nil {
		return ""
	}
	value, _, _ := strings.Cut(header.Value(), ";")
	return strings.ToLower(strings.TrimSpace(value))
}

// Hops gives a request's hop count, which is 70 if it says nothing, and never more.
func Hops(request *sip.Request) int {
	if left := request.MaxForwards(); left != nil {
		return min(int(left.Val()), DefaultHops)
	}
	return DefaultHops
}

// Value is the value of a header that stands in a message once at most, or empty.
func Value(m Message, name string) string {
	if header := m.GetHeader(name); header != nil {
		return header.Value()
	}
	return ""
}

// Values are those of all header fields of a name, as the other party gets them (see headers.Value).
func Values(m Message, name string) []string {
	found := m.GetHeaders(name)
	values := make([]string, 0, len(found))
	for _, header := range found {
		values = append(values, headers.Value(name, header.Value()))
	}
	return values
}

// What Expires gives where there is no number: no such header, or one that cannot be read.
const (
	NoExpires        = -1
	MalformedExpires = -2
)

// Expires reads the Expires header, in seconds; NoExpires or MalformedExpires if there are none.
func Expires(m Message) int {
	header := m.GetHeader("Expires")
	if header == nil {
		return NoExpires
	}
	seconds, err := strconv.ParseUint(strings.TrimSpace(header.Value()), 10, 31)
	if err != nil {
		return MalformedExpires
	}
	return int(seconds)
}

// HasOption tells whether an option tag is listed in a header such as Supported.
func HasOption(m Message, name, option string) bool {
	for _, header := range m.GetHeaders(name) {
		for listed := range strings.SplitSeq(header.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(listed), option) {
				return true
			}
		}
	}
	return false
}

// Accepts tells whether the sender of a request takes bodies of a type (RFC 3261 section 20.1).
func Accepts(request *sip.Request, contentType string) bool {
	family, _, _ := strings.Cut(contentType, "/")
	accepts := request.GetHeaders("Accept")
	for _, header := range accepts {
		for accepted := range strings.SplitSeq(header.Value(), ",") {
			accepted, _, _ = strings.Cut(accepted, ";")
			switch strings.ToLower(strings.TrimSpace(accepted)) {
			case contentType, family + "/*", "*/*":
				return true
			}
		}
	}
	return len(accepts) == 0
}

// Tag gives the To tag of a response.
func Tag(response *sip.Response) string {
	to := response.To()
	if to == nil {
		return ""
	}
	tag, _ := to.Params.Get("tag")
	return tag
}

// RecordedRoutes are the proxies that want to stay on the way (RFC 3261 section 16.6, step 4).
func RecordedRoutes(m Message) []sip.Uri {
	var routes []sip.Uri
	for _, header := range m.GetHeaders("Record-Route") {
		if route, ok := header.(*sip.RecordRouteHeader); ok {
			routes = append(routes, *route.Address.Clone())
		}
	}
	return routes
}

// Route gives the topmost Route; false if there is none.
func Route(request *sip.Request) (sip.Uri, bool) {
	header := request.GetHeader("Route")
	if route, ok := header.(*sip.RouteHeader); ok {
		return route.Address, true
	}
	return sip.Uri{}, false
}

// IsChallenge tells whether a response asks for credentials (RFC 3261 section 22).
func IsChallenge(response *sip.Response) bool {
	return response.StatusCode == sip.StatusUnauthorized || response.StatusCode == sip.StatusProxyAuthRequired
}

// splitList splits a header at the commas that stand outside quoted strings.
func splitList(value string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(value, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		}
		return r == ',' && !quoted
	})
}

// Quote makes a quoted-string (RFC 3261 section 25.1).
func Quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// Unescape is the user part of a URI as it is meant; one that is escaped wrongly is taken as it stands.
func Unescape(value string) string {
	plain, err := url.PathUnescape(value)
	if err != nil {
		return value
	}
	return plain
}

// PlainURI is a URI without password, parameters and headers: what routes match.
func PlainURI(uri sip.Uri) string {
	plain := *uri.Clone()
	plain.Password, plain.UriParams, plain.Headers = "", nil, nil
	return plain.String()
}

// IsAnonymous tells of the URI in a From that it hides the caller (RFC 3323 section 4.1.1.3).
func IsAnonymous(uri sip.Uri) bool { return strings.EqualFold(uri.Host, "anonymous.invalid") }

// AddressOfRecord is an address-of-record as "name@domain".
func AddressOfRecord(uri sip.Uri) string { return uri.User + "@" + strings.ToLower(uri.Host) }
