package digest

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
	"sipbridge/source"
)

// Attempt is one request whose sender is to be proved. ACK and CANCEL can't be challenged (RFC 3261 section 22.1):
// don't attempt them.
type Attempt struct {
	// Method and URI are those of the request line.
	Method string
	URI    string
	// Realm is the local domain that the sender claims to belong to, in its canonical form.
	Realm string
	// Transport is the word in Via, such as "WSS"; it decides what a challenge may hold.
	Transport string
	// Source is where the request came from. A nonce is good for one source: an IPv4 address or the
	// /64 network of an IPv6 address.
	Source netip.Addr
	// Proxy asks for the headers of a proxy: 407 and Proxy-Authenticate instead of 401 and WWW-Authenticate.
	Proxy bool
	// OnlyMD5 says that the client is known to give up when a challenge offers more than MD5.
	OnlyMD5 bool
	// Credentials are the values of all Authorization (of a proxy: Proxy-Authorization) headers.
	Credentials []string
}

// AttemptOf is the attempt that a request makes to be from someone of a realm, as a proxy's or a server's.
func AttemptOf(request *sip.Request, flow transport.Flow, realm string, proxy bool) Attempt {
	attempt := Attempt{
		Method:    string(request.Method),
		URI:       request.Recipient.String(),
		Realm:     realm,
		Transport: flow.Transport(),
		Source:    flow.RemoteAddr().Addr(),
		Proxy:     proxy,
		OnlyMD5:   takesOnlyMD5(request),
	}
	name := "authorization"
	if proxy {
		name = "proxy-authorization"
	}
	for _, header := range request.GetHeaders(name) {
		attempt.Credentials = append(attempt.Credentials, header.Value())
	}
	return attempt
}

// takesOnlyMD5 tells of phones that can't choose among challenges: baresip before 2.0 takes the first and
// fails ("Function not implemented") if that is SHA-256.
func takesOnlyMD5(request *sip.Request) bool {
	agent := request.GetHeader("User-Agent")
	if agent == nil {
		return false
	}
	name := agent.Value()
	return strings.HasPrefix(name, "baresip v1.") || strings.HasPrefix(name, "baresip v0.")
}

// source is how the attempt's place is remembered.
func (a Attempt) source() string { return SourceOf(a.Source) }

// SourceOf names the source of an address for a Guard.
func SourceOf(address netip.Addr) string { return source.Of(address).String() }
