package service

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// The service's ports come from below those that the kernel hands out to anybody (32768 and up): between our look and
// the service's bind a browser or a phone would too often get the same.
const (
	firstPort, lastPort       = 29000, 32700
	firstRTPPort, lastRTPPort = 10000, 28999
)

var errNoPort = errors.New("no loopback port is free for UDP and TCP alike")

// FreePorts gives different loopback ports that were free a moment ago, for UDP and TCP.
func FreePorts(ctx context.Context, count int) ([]int, error) {
	ports := make([]int, 0, count)
	for _, offset := range rand.Perm(lastPort - firstPort) {
		if port := firstPort + offset; isFree(ctx, port) {
			ports = append(ports, port)
		}
		if len(ports) == count {
			return ports, nil
		}
	}
	return nil, errNoPort
}

func isFree(ctx context.Context, port int) bool {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	packets, err := new(net.ListenConfig).ListenPacket(ctx, "udp4", address)
	if err != nil {
		return false
	}
	defer func() { _ = packets.Close() }()
	stream, err := new(net.ListenConfig).Listen(ctx, "tcp4", address)
	if err != nil {
		return false
	}
	return stream.Close() == nil
}

// RTPPorts gives a range for so many calls, which take two ports each, with room for ports that others hold.
func RTPPorts(calls int) string {
	size := 4*calls + 100
	first := firstRTPPort + 2*rand.IntN((lastRTPPort-firstRTPPort-size)/2)
	return fmt.Sprintf("%d-%d", first, first+size-1)
}
