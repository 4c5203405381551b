package service

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// The RTP ports of services are below those that the kernel hands out, so that nobody else gets them by chance.
const (
	firstPort   = 10000
	portsOfEach = 400
	ranges      = 45
)

// rtpPorts are those of one service. A socket at the first one holds them: no other service that runs at the same time
// shares any, for the phones of one test, which still speak when their call is over, would be taken for the other's.
type rtpPorts struct {
	first int
	guard *net.UDPConn
}

// holdPorts finds ports that no service has.
func holdPorts() (*rtpPorts, error) {
	var errs []error
	for _, i := range rand.Perm(ranges) {
		first := firstPort + i*portsOfEach
		guard, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: first})
		if err == nil {
			return &rtpPorts{first: first, guard: guard}, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("no RTP ports: %w", errors.Join(errs...))
}

// String is as in the configuration.
func (p *rtpPorts) String() string { return fmt.Sprintf("%d-%d", p.first+2, p.first+portsOfEach-1) }

// Close lets others have them.
func (p *rtpPorts) Close() { _ = p.guard.Close() }
