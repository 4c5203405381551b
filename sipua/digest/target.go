package digest

import (
	"net/url"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// maxURI is more than any Request-URI that is let in.
const maxURI = 1024

// sameTarget tells whether the uri of credentials names what the request asks for. The response covers the uri as
// the client wrote it, so it must be compared with the Request-URI (RFC 7616 section 3.4.6), but loosely:
// parameters, headers, a left-out port and escapes don't matter, since clients differ in what they copy.
func sameTarget(digestURI, requestURI string) bool {
	if digestURI == requestURI {
		return true
	}
	if len(digestURI) > maxURI || len(requestURI) > maxURI {
		return false
	}
	var given, want sip.Uri
	if sip.ParseUri(digestURI, &given) != nil || sip.ParseUri(requestURI, &want) != nil {
		return false
	}
	return given.Scheme == want.Scheme &&
		given.Raw() == want.Raw() &&
		strings.EqualFold(given.Host, want.Host) &&
		unescape(given.User) == unescape(want.User) &&
		(given.Port == want.Port || given.Port == 0 || want.Port == 0)
}

func unescape(user string) string {
	if plain, err := url.PathUnescape(user); err == nil {
		return plain
	}
	return user
}
