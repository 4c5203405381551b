package main

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// banner says, in five lines, what to open and what to dial.
func (s *service) banner() string {
	var out strings.Builder
	page := s.page()
	fmt.Fprintf(&out, "Web phone:  %s\n", page)
	if s.config.Demo {
		fmt.Fprintf(&out, "Accounts:   %s and %s, filled in on the page (new passwords at each start)\n",
			s.config.Users[0].Name, s.config.Users[1].Name)
	} else {
		fmt.Fprintf(&out, "Accounts:   %d users of the configuration\n", len(s.config.Users))
	}
	fmt.Fprintf(&out, "Dial:       echo (hear yourself), tone (1004 Hz), dtmf (reads your keys back)\n")
	fmt.Fprintf(&out, "Browsers:   SIP over WebSocket at %s\n", strings.Replace(page, "http", "ws", 1)+"ws")
	fmt.Fprintf(&out, "SIP phones: UDP %v, TCP %v%s%s\n",
		addresses(s.transports.udp), addresses(s.transports.tcp), s.tlsAddresses(), s.flashURLs())
	return out.String()
}

// tlsAddresses are those of SIP over TLS, if there are any.
func (s *service) tlsAddresses() string {
	if len(s.transports.tls) == 0 {
		return ""
	}
	return ", TLS " + addresses(s.transports.tls)
}

// flashURLs are the addresses of Flash phones, behind those of SIP phones if there are any.
func (s *service) flashURLs() string {
	var out strings.Builder
	for _, listener := range s.flashPlain {
		fmt.Fprintf(&out, ", Flash rtmp://%v/sip/user@domain", listener.Addr())
	}
	for _, listener := range s.flashSecure {
		fmt.Fprintf(&out, ", Flash rtmps://%v/sip/user@domain", listener.Addr())
	}
	return out.String()
}

// page is the address to open: https where there is a certificate, for a page over plain http has no
// microphone unless it is on this machine; of several addresses one that other machines reach.
func (s *service) page() string {
	if len(s.web) == 0 || len(s.web[len(s.web)-1].listeners) == 0 {
		return "(no listen.http)"
	}
	server := s.web[len(s.web)-1]
	chosen := server.listeners[0]
	for _, listener := range server.listeners {
		if address, ok := listener.Addr().(*net.TCPAddr); ok && !address.IP.IsLoopback() {
			chosen = listener
			break
		}
	}
	scheme, host := "http", chosen.Addr().String()
	if server.secure {
		scheme = "https"
	}
	if address, ok := chosen.Addr().(*net.TCPAddr); ok && address.IP.IsLoopback() {
		host = net.JoinHostPort("localhost", strconv.Itoa(address.Port))
	}
	return scheme + "://" + host + "/"
}

// bound is a socket of ours.
type bound interface{ LocalAddr() netip.AddrPort }

func addresses[S bound](sockets []S) string {
	if len(sockets) == 0 {
		return "off"
	}
	all := make([]string, 0, len(sockets))
	for _, socket := range sockets {
		all = append(all, socket.LocalAddr().String())
	}
	return strings.Join(all, " ")
}
