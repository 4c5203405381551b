package registrar

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// sameURI compares two SIP URIs by RFC 3261 section 19.1.4.
func sameURI(a, b sip.Uri) bool {
	return a.Scheme == b.Scheme &&
		AORFrom(a) == AORFrom(b) &&
		a.Password == b.Password &&
		a.Port == b.Port &&
		sameParams(a.UriParams, b.UriParams) && sameParams(b.UriParams, a.UriParams) &&
		a.Headers.ToString('&') == b.Headers.ToString('&')
}

// sameParams tells whether no parameter of a speaks against b. Those that decide where a request goes must be in both;
// others must only be equal if they are in both.
func sameParams(a, b sip.HeaderParams) bool {
	for _, param := range a {
		value, found := findParam(b, param.K)
		switch {
		case found && !strings.EqualFold(value, param.V):
			return false
		case !found && decides(param.K):
			return false
		}
	}
	return true
}

func findParam(params sip.HeaderParams, name string) (value string, found bool) {
	for _, param := range params {
		if strings.EqualFold(param.K, name) {
			return param.V, true
		}
	}
	return "", false
}

func decides(name string) bool {
	switch strings.ToLower(name) {
	case "user", "ttl", "method", "maddr", "transport":
		return true
	default:
		return false
	}
}
