package configs

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// defaultSTUNPort is that of STUN over UDP (RFC 8489 section 8.1).
const defaultSTUNPort = 3478

// STUNServer is the host and port of listen.stun; an empty host for none.
func (l Listen) STUNServer() (host string, port uint16, err error) {
	host = l.STUN
	if host == "" {
		return "", 0, nil
	}
	port = defaultSTUNPort
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return strings.Trim(host, "[]"), port, nil
	}
	if name, text, err := net.SplitHostPort(l.STUN); err == nil {
		number, err := strconv.ParseUint(text, 10, 16)
		if err != nil || number == 0 {
			return "", 0, fmt.Errorf("listen.stun: %q is no port", text)
		}
		host, port = name, uint16(number)
	}
	if _, err := netip.ParseAddr(host); err != nil && !isHost(host) {
		return "", 0, fmt.Errorf("listen.stun: %q is no server such as stun.example.org:3478", l.STUN)
	}
	return host, port, nil
}
