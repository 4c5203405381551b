package sipua

import (
	"regexp"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/digest"
	"sipbridge/sipua/message"
)

// breakerLogin is what sipML5 in its RTCWeb-breaker mode adds to a Contact for the gateway: impi, its name for
// digest, and ha1, the MD5 hash that stands for its password. Whoever has it can answer for the user, so it is taken
// out of the message before anything is done with it, and lives no longer than the request or call that it came with.
func breakerLogin(request *sip.Request) (login digest.Login, found bool) {
	for _, header := range request.GetHeaders("Contact") {
		contact, ok := header.(*sip.ContactHeader)
		if !ok {
			continue
		}
		name, hasName := contact.Params.Get("impi")
		hash, hasHash := contact.Params.Get("ha1")
		contact.Params.Remove("impi")
		contact.Params.Remove("ha1")
		name = message.Unescape(strings.Trim(name, `"`))
		if hasName && hasHash && !found && isHA1(hash) && len(name) <= longestIMPI {
			login, found = digest.Login{User: name, HA1: strings.ToLower(hash)}, true
		}
	}
	return login, found
}

// longestIMPI bounds a name for digest, in bytes.
const longestIMPI = 256

func isHA1(text string) bool { return regexp.MustCompile(`^[0-9a-fA-F]{32}$`).MatchString(text) }

// breaker answers the challenges of an upstream server with a login of its own user.
type breaker struct {
	upstream Upstream
	login    digest.Login
}

// Login gives a bridge.Request.Login for a user of an upstream domain: what answers the challenges of its server. It is
// nil for any other domain. ha1 is MD5 (RFC 7616 section 3.4.2).
func (a *Agent) Login(domain, user, ha1 string) any {
	upstream, ok := a.options.Domains.upstream(domain)
	if !ok || !isHA1(ha1) {
		return nil
	}
	return breaker{upstream: upstream, login: digest.Login{User: user, HA1: strings.ToLower(ha1)}}
}

// Name is the domain.
func (b breaker) Name() string { return b.upstream.Domain }

// Answer gives the header that answers a challenge. A hash is good for one realm, which must be the domain: of a
// server that has another one the browser has to answer the challenge itself.
func (b breaker) Answer(response *sip.Response, method sip.RequestMethod, uri sip.Uri) (sip.Header, error) {
	asks, answers := "WWW-Authenticate", "Authorization"
	if response.StatusCode == sip.StatusProxyAuthRequired {
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	}
	login := b.login
	if login.HA1 != "" {
		login.Realm = b.upstream.Domain
	}
	value, err := digest.Answer(message.Values(response, asks), string(method), uri.String(), login)
	if err != nil {
		return nil, err
	}
	return sip.NewHeader(answers, value), nil
}
