package configs

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
)

// NextHop is the SIP server to which the requests of a domain go.
type NextHop struct {
	// Host is a name or an IP address, without brackets.
	Host string
	// Port is that of the transport where the URI has none.
	Port uint16
	// Transport is "udp", "tcp", "tls", "ws" or "wss"; where the URI has none, "udp", or "tls" of a sips URI
	// (RFC 3263 section 4.1).
	Transport string
}

// Address is host:port, as net.Dial takes it.
func (h NextHop) Address() string { return net.JoinHostPort(h.Host, fmt.Sprint(h.Port)) }

// ErrNextHop is the error of a next hop that is no SIP URI of a server.
var ErrNextHop = errors.New("a next hop is written as sip:host:port;transport=udp, with udp, tcp, tls, ws or wss, " +
	"or as sips:host:port")

// hostName matches a DNS name (RFC 1123 section 2.1).
const hostName = `^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?$`

// ParseNextHop reads a SIP URI without a user (RFC 3261 section 19.1.1).
func ParseNextHop(uri string) (NextHop, error) {
	scheme, rest, _ := strings.Cut(uri, ":")
	if scheme != "sip" && scheme != "sips" {
		return NextHop{}, fmt.Errorf("%q: %w", uri, ErrNextHop)
	}
	address, parameters, _ := strings.Cut(rest, ";")
	transport, port, ok := transportOf(scheme, parameters)
	if !ok {
		return NextHop{}, fmt.Errorf("%q: %w", uri, ErrNextHop)
	}
	hop, err := parseServer(address, port)
	if err != nil {
		return NextHop{}, fmt.Errorf("%q: %w", uri, err)
	}
	hop.Transport = transport
	return hop, nil
}

func parseServer(address, byDefault string) (NextHop, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		host, portText = strings.TrimSuffix(strings.TrimPrefix(address, "["), "]"), byDefault
	}
	if !isHost(host) {
		return NextHop{}, ErrNextHop
	}
	port, err := parsePort(portText)
	if err != nil {
		return NextHop{}, err
	}
	return NextHop{Host: host, Port: port}, nil
}

func isHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return len(host) <= 253 && regexp.MustCompile(hostName).MatchString(host)
}

// transportOf gives the transport that a URI names, and its port. Of a sips URI it is an encrypted one.
func transportOf(scheme, parameters string) (transport, port string, ok bool) {
	name, word, _ := strings.Cut(parameters, "=")
	if parameters != "" && !strings.EqualFold(name, "transport") {
		return "", "", false
	}
	word = strings.ToLower(word)
	ports := map[string]string{"": "5060", "udp": "5060", "tcp": "5060", "tls": "5061", "ws": "80", "wss": "443"}
	if scheme == "sips" {
		ports = map[string]string{"": "5061", "tcp": "5061", "tls": "5061", "ws": "443", "wss": "443"}
	}
	port, ok = ports[word]
	switch {
	case parameters != "" && word == "":
		return "", "", false
	case port == "5061":
		word = "tls"
	case port == "443":
		word = "wss"
	case word == "":
		word = "udp"
	}
	return word, port, ok
}
