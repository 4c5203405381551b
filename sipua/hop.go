package sipua

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/transport"
)

// hop is where the requests of a dialog go next, if its party gave that as a name: the servers that were found for it
// (RFC 3261 section 8.1.2, RFC 3263). It belongs to its leg's goroutine.
type hop struct {
	name serverName
	// targets are the servers of the name, as they were found last; none before the first answer.
	targets []transport.Target
	// searching tells that a look-up is under way; held are the requests that wait for the first one.
	searching bool
	held      []*sip.Request
}

// serverName is what of a URI decides which servers it has.
type serverName struct {
	scheme, host, transport string
	port                    int
}

// nextURI is where the next request goes: the first route, or the remote target (RFC 3261 section 12.2.1.1). To a
// sips target each hop is encrypted (section 8.1.2).
func (d *dialog) nextURI() sip.Uri {
	next := d.target
	if len(d.routes) > 0 {
		next = d.routes[0]
	}
	if d.target.Scheme == "sips" {
		next.Scheme = "sips"
	}
	return next
}

// nextAddress gives the address of the first route or the remote target, if it is written as one.
func (d *dialog) nextAddress() (netip.AddrPort, bool) {
	next := d.nextURI()
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

// nextName gives the name of the first route or the remote target, if it is one that can be looked up. What browsers
// make up cannot (RFC 2606 section 2).
func (d *dialog) nextName() (serverName, bool) {
	next := d.nextURI()
	host := strings.ToLower(strings.TrimSuffix(next.Host, "."))
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err == nil || host == "" || host == "invalid" || strings.HasSuffix(host, ".invalid") {
		return serverName{}, false
	}
	return serverName{scheme: next.Scheme, host: host, transport: transportWord(next), port: next.Port}, true
}

func transportWord(uri sip.Uri) string {
	word, _ := uri.UriParams.Get("transport")
	return strings.ToUpper(word)
}

// leadsTo tells whether a flow is the way to a target.
func leadsTo(flow transport.Flow, target transport.Target) bool {
	return strings.EqualFold(flow.Transport(), target.Transport) && flow.RemoteAddr() == target.Plain().Address
}
