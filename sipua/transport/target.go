package transport

import (
	"net/netip"
	"strings"
)

// Target is a peer to reach, as locating a SIP server gives it (RFC 3263 section 4).
type Target struct {
	// Transport is a word of Via: UDP, TCP, TLS, WS or WSS, in any case.
	Transport string
	// Address is where the peer listens.
	Address netip.AddrPort
	// Domain is the name that the peer's certificate must be for, on TLS and WSS: the host of the URI, not a name
	// that the DNS gave for it (RFC 5922 section 7.1). Empty means that the certificate must name the address.
	Domain string
}

// Plain gives the target with its address and words in their one form.
func (t Target) Plain() Target {
	return Target{
		Transport: strings.ToUpper(t.Transport), Address: unmap(t.Address),
		Domain: strings.ToLower(strings.TrimSuffix(strings.Trim(t.Domain, "[]"), ".")),
	}
}

// Name is what the peer's certificate must be for.
func (t Target) Name() string {
	if t.Domain == "" {
		return t.Address.Addr().WithZone("").String()
	}
	return t.Domain
}
