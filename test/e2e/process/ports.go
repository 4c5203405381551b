package process

import (
	"fmt"
	"net"
)

// FreeUDP returns a loopback UDP port that was free a moment ago.
func FreeUDP() (int, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, fmt.Errorf("free UDP port: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return conn.LocalAddr().(*net.UDPAddr).Port, nil //nolint:errcheck // ListenUDP gives a UDPAddr
}

// FreeTCP returns a loopback TCP port that was free a moment ago.
func FreeTCP() (int, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, fmt.Errorf("free TCP port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil //nolint:errcheck // ListenTCP gives a TCPAddr
}

// FreeBoth returns a loopback port that was free for UDP and for TCP a moment ago, as a SIP peer wants it.
func FreeBoth() (int, error) {
	for range 50 {
		port, err := FreeUDP()
		if err != nil {
			return 0, err
		}
		listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			continue
		}
		_ = listener.Close()
		return port, nil
	}
	return 0, fmt.Errorf("no port is free for UDP and TCP alike")
}
