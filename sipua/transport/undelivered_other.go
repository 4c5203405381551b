//go:build !linux

package transport

import (
	"net"
	"net/netip"
)

// Elsewhere than on Linux a socket that has many peers hears of no ICMP errors; a silent peer is noticed by time.

func askForErrors(*net.UDPConn) error { return nil }

func readErrors(*net.UDPConn, []byte) (quoted []byte, remote netip.AddrPort, ok bool) {
	return nil, netip.AddrPort{}, false
}

func ofEarlierDatagram(error) bool { return false }
