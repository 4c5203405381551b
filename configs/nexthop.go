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
	// Port is 5060 where the URI has none.
	Port uint16
	// Transport is "udp" or "tcp"; "udp" where the URI has none (RFC 3263 section 4.1).
	Transport string
}

// Address is host:port, as net.Dial takes it.
func (h NextHop) Address() string { return net.JoinHostPort(h.Host, fmt.Sprint(h.Port)) }

// ErrNextHop is the error of a next hop that is no SIP URI of a server.
var ErrNextHop = errors.New("a next hop is written as sip:host:port;transport=udp or ;transport=tcp")

// hostName matches a DNS name (RFC 1123 section 2.1).
const hostName = `^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?$`

// ParseNextHop reads a SIP URI without a user (RFC 3261 section 19.1.1).
func ParseNextHop(uri string) (NextHop, error) {
	rest, ok := strings.CutPrefix(uri, "sip:")
	if !ok {
		return NextHop{}, fmt.Errorf("%q: %w", uri, ErrNextHop)
	}
	address, parameters, _ := strings.Cut(rest, ";")
	hop, err := parseServer(address)
	if err != nil {
		return NextHop{}, fmt.Errorf("%q: %w", uri, err)
	}
	hop.Transport, ok = transportOf(parameters)
	if !ok {
		return NextHop{}, fmt.Errorf("%q: %w", uri, ErrNextHop)
	}
	return hop, nil
}

func parseServer(address string) (NextHop, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		host, portText = strings.TrimSuffix(strings.TrimPrefix(address, "["), "]"), "5060"
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

func transportOf(parameters string) (transport string, ok bool) {
	if parameters == "" {
		return "udp", true
	}
	name, value, _ := strings.Cut(parameters, "=")
	value = strings.ToLower(value)
	return value, strings.EqualFold(name, "transport") && (value == "udp" || value == "tcp")
}
