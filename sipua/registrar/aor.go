package registrar

import (
	"net/url"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// AOR is an address-of-record in its canonical form (RFC 3261 section 10.3): the user part unescaped and
// case-sensitive, the domain in lower case, without scheme, port and parameters.
type AOR struct {
	User   string
	Domain string
}

// AORFrom reads the address-of-record of a URI.
func AORFrom(uri sip.Uri) AOR {
	user := uri.User
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	return AOR{User: user, Domain: canonicalHost(uri.Host)}
}

// String is "user@domain".
func (a AOR) String() string { return a.User + "@" + a.Domain }

func canonicalHost(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }
