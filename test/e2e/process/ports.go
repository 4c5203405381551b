package process

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports of the programs under test come from below those that the kernel hands out to anybody (32768 and up): between
// our look and the program's bind a browser or a phone's media would too often get the same.
const (
	firstPort = 28500
	ports     = 4200
)

// FreePort returns an even loopback port that is free for UDP and for TCP, as is the next, which some SIP peers
// take for TLS. It is chosen at random, so that tests that run side by side seldom choose the same.
func FreePort() (int, error) {
	for range ports {
		port := firstPort + 2*rand.IntN(ports/2)
		if free(port) && free(port+1) {
			return port, nil
		}
	}
	return 0, errors.New("no loopback port is free for UDP and TCP alike")
}

func free(port int) bool {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	packets, err := net.ListenPacket("udp4", address)
	if err != nil {
		return false
	}
	defer func() { _ = packets.Close() }()
	stream, err := net.Listen("tcp4", address)
	if err != nil {
		return false
	}
	return stream.Close() == nil
}
