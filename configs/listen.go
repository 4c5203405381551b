package configs

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// publicHTTPS is where https listens if Public is set and HTTPS is empty.
const publicHTTPS = ":8443"

// Listen says where sipbridge listens. Each is host:port, or several with commas between them, or empty for not at all.
type Listen struct {
	HTTP   string `mapstructure:"http"`
	HTTPS  string `mapstructure:"https"`
	SIPUDP string `mapstructure:"sip_udp"`
	SIPTCP string `mapstructure:"sip_tcp"`
	SIPTLS string `mapstructure:"sip_tls"`
	RTMP   string `mapstructure:"rtmp"`
	RTMPS  string `mapstructure:"rtmps"`
	// WebRTCTCP is where browsers bring their media that no UDP lets through (RFC 6544).
	WebRTCTCP string `mapstructure:"webrtc_tcp"`
	// TURN is of the relay for browsers, by UDP and TCP; TURNTLS by TLS.
	TURN    string `mapstructure:"turn"`
	TURNTLS string `mapstructure:"turn_tls"`
	// Public opens HTTPS, SIPUDP, SIPTCP and SIPTLS on each own address where they name only loopback.
	Public bool `mapstructure:"public"`
	// STUN is the server that finds the address of this machine outside, see STUNServer.
	STUN string `mapstructure:"stun"`
	// Advertised are the addresses by which others reach this machine.
	Advertised []Advertised `mapstructure:"advertised"`
}

// Listeners are the sockets to open: one for each address, so that each answers from the address to
// which it was spoken.
type Listeners struct {
	HTTP, HTTPS, SIPUDP, SIPTCP, SIPTLS, RTMP, RTMPS, WebRTCTCP, TURN, TURNTLS []netip.AddrPort
}

// ErrAddress is the error of an address to listen on that cannot be read.
var ErrAddress = errors.New("an address is written as host:port, such as 127.0.0.1:8080, and its host is " +
	"an IP address, localhost, or left out for each address of this machine; several have commas between them")

// Expand gives the sockets to open on a machine with these addresses of its own, see OwnAddresses.
func (l Listen) Expand(own []netip.Addr) (Listeners, error) {
	https := l.HTTPS
	if l.Public && https == "" {
		https = publicHTTPS
	}
	var out Listeners
	for _, item := range []struct {
		key, address string
		public       bool
		into         *[]netip.AddrPort
	}{
		{"listen.http", l.HTTP, false, &out.HTTP},
		{"listen.https", https, l.Public, &out.HTTPS},
		{"listen.sip_udp", l.SIPUDP, l.Public, &out.SIPUDP},
		{"listen.sip_tcp", l.SIPTCP, l.Public, &out.SIPTCP},
		{"listen.sip_tls", l.SIPTLS, l.Public, &out.SIPTLS},
		{"listen.rtmp", l.RTMP, false, &out.RTMP}, // passwords would cross the network as they are
		{"listen.rtmps", l.RTMPS, false, &out.RTMPS},
		{"listen.webrtc_tcp", l.WebRTCTCP, false, &out.WebRTCTCP},
		{"listen.turn", l.TURN, false, &out.TURN},
		{"listen.turn_tls", l.TURNTLS, false, &out.TURNTLS},
	} {
		addresses, err := expandAll(item.address, item.public, own)
		if err != nil {
			return Listeners{}, fmt.Errorf("%s: %w", item.key, err)
		}
		*item.into = addresses
	}
	return out, nil
}

// OpenToNetwork tells whether any listener is reachable from another machine.
func (l Listen) OpenToNetwork() bool {
	if l.Public {
		return true
	}
	all := []string{l.HTTP, l.HTTPS, l.SIPUDP, l.SIPTCP, l.SIPTLS, l.RTMP, l.RTMPS}
	return slices.ContainsFunc(all, openToNetwork)
}

func openToNetwork(addresses string) bool {
	for _, address := range splitAddresses(addresses) {
		host, _, err := parseAddress(address)
		if err == nil && !host.IsLoopback() {
			return true
		}
	}
	return false
}

// splitAddresses cuts at the commas.
func splitAddresses(text string) []string {
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// expandAll gives each socket of a key once.
func expandAll(text string, public bool, own []netip.Addr) ([]netip.AddrPort, error) {
	var all []netip.AddrPort
	for _, address := range splitAddresses(text) {
		found, err := expandAddress(address, public, own)
		if err != nil {
			return nil, err
		}
		for _, socket := range found {
			if !slices.Contains(all, socket) {
				all = append(all, socket)
			}
		}
	}
	return all, nil
}

func expandAddress(address string, public bool, own []netip.Addr) ([]netip.AddrPort, error) {
	host, port, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	every := !host.IsValid() || public && host.IsLoopback()
	if !every && !host.IsUnspecified() {
		return []netip.AddrPort{netip.AddrPortFrom(host, port)}, nil
	}
	var out []netip.AddrPort
	for _, candidate := range own {
		if every || candidate.Is4() == host.Is4() {
			out = append(out, netip.AddrPortFrom(candidate, port))
		}
	}
	return out, nil
}

// parseAddress gives an invalid host where it is left out.
func parseAddress(address string) (netip.Addr, uint16, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("%q: %w", address, ErrAddress)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("%q: the port is no number from 0 to 65535: %w", address, ErrAddress)
	}
	if host == "" {
		return netip.Addr{}, uint16(port), nil
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Zone() != "" {
		return netip.Addr{}, 0, fmt.Errorf("%q: %w", address, ErrAddress)
	}
	return ip.Unmap(), uint16(port), nil
}
