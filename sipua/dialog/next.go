package dialog

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// defaultPort is the port of a SIP URI that names none, over UDP and TCP (RFC 3261 section 19.1.2).
const defaultPort = 5060

// ServerName is what of a URI decides which servers it has.
type ServerName struct {
	scheme, host, transport string
	port                    int
}

// Host is the name itself, in small letters.
func (n ServerName) Host() string { return n.host }

// NextURI is where the next request goes: the first route, or the remote target (RFC 3261 section 12.2.1.1). To a
// sips target each hop is encrypted (section 8.1.2).
func (d *Dialog) NextURI() sip.Uri {
	next := d.target
	if len(d.routes) > 0 {
		next = d.routes[0]
	}
	if d.target.Scheme == "sips" {
		next.Scheme = "sips"
	}
	return next
}

// NextAddress gives the address of the first route or the remote target; false if it is not written as one.
func (d *Dialog) NextAddress() (netip.AddrPort, bool) {
	next := d.NextURI()
	address, err := netip.ParseAddr(strings.Trim(next.Host, "[]"))
	if err != nil {
		return netip.AddrPort{}, false
	}
	port := next.Port
	if port == 0 {
		port = defaultPort
	}
	return netip.AddrPortFrom(address, uint16(port)), true
}

// NextName gives the name of the first route or the remote target; false if it is none that can be looked up. What
// browsers make up cannot (RFC 2606 section 2).
func (d *Dialog) NextName() (ServerName, bool) {
	next := d.NextURI()
	host := strings.ToLower(strings.TrimSuffix(next.Host, "."))
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err == nil || host == "" || host == "invalid" || strings.HasSuffix(host, ".invalid") {
		return ServerName{}, false
	}
	return ServerName{scheme: next.Scheme, host: host, transport: transportWord(next), port: next.Port}, true
}

func transportWord(uri sip.Uri) string {
	word, _ := uri.UriParams.Get("transport")
	return strings.ToUpper(word)
}
