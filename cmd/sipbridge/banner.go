package main

import (
	"fmt"
	"net"
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
	fmt.Fprintf(&out, "SIP phones: UDP %v, TCP %v\n", s.listeners.SIPUDP, s.listeners.SIPTCP)
	return out.String()
}

// page is the address to open: https where there is a certificate, for a page over plain http has no
// microphone unless it is on this machine.
func (s *service) page() string {
	if addresses := s.listeners.HTTPS; len(addresses) > 0 {
		chosen := addresses[0]
		for _, address := range addresses {
			if !address.Addr().IsLoopback() {
				chosen = address
				break
			}
		}
		return "https://" + chosen.String() + "/"
	}
	if len(s.listeners.HTTP) == 0 {
		return "(no listen.http)"
	}
	address := s.listeners.HTTP[0]
	host := address.Addr().String()
	if address.Addr().IsLoopback() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(address.Port())) + "/"
}
