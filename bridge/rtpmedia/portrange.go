package rtpmedia

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"sipbridge/bridge"
)

// DefaultRest is how long a closed pair of ports rests before it is used again.
const DefaultRest = 5 * time.Second

// ErrPorts means that no pair of ports is free.
var ErrPorts = errors.New("rtpmedia: no free RTP port")

// PortRange hands out pairs of UDP ports: an even one for RTP and the next one for RTCP (RFC 3550
// section 11). The search starts at a random pair, so that ports are hard to guess. A pair that was closed
// rests, so that no call hears the end of another one. It may be used by any number of goroutines.
type PortRange struct {
	first uint16 // even
	pairs int
	rest  time.Duration
	now   func() time.Time

	mu      sync.Mutex           // guards the following fields
	taken   map[uint16]bool      // by RTP port
	resting map[uint16]time.Time // until when, by RTP port
}

// NewPortRange makes a range of the ports from first to last, both included. Rest is how long a closed pair
// is not used; 0 means DefaultRest, a negative value not at all.
func NewPortRange(first, last uint16, rest time.Duration) (*PortRange, error) {
	start := int(first) + int(first)%2
	pairs := (int(last) - start + 1) / 2
	if first < 1024 || pairs < 1 {
		return nil, fmt.Errorf("%w: ports %d to %d hold no pair above 1023", ErrOptions, first, last)
	}
	if rest == 0 {
		rest = DefaultRest
	}
	return &PortRange{
		first: uint16(start), pairs: pairs, rest: rest, now: time.Now,
		taken: make(map[uint16]bool), resting: make(map[uint16]time.Time),
	}, nil
}

// InUse counts the pairs that are open.
func (r *PortRange) InUse() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.taken)
}

// Pairs is how many pairs the range has.
func (r *PortRange) Pairs() int { return r.pairs }

// sockets is an open pair of ports.
type sockets struct {
	rtp, rtcp *net.UDPConn
	port      uint16 // of RTP
}

// open binds a free pair. Without one the error is a bridge.Cause with status 503.
func (r *PortRange) open(bind netip.Addr) (sockets, error) {
	for {
		port, ok := r.take()
		if !ok {
			return sockets{}, noPort(ErrPorts)
		}
		pair, err := listen(bind, port)
		if err == nil {
			return pair, nil
		}
		inUse := errors.Is(err, syscall.EADDRINUSE)
		r.giveBack(port, inUse)
		if !inUse { // another port would not help
			return sockets{}, noPort(err)
		}
	}
}

// noPort is the refusal of a call for want of ports; some may have had their rest when it is tried again.
func noPort(err error) bridge.Cause {
	return bridge.Cause{
		Status: 503, Text: "No Media Port", Headers: []bridge.Header{{Name: "Retry-After", Value: "10"}}, Err: err,
	}
}

// take reserves a pair and gives its RTP port.
func (r *PortRange) take() (uint16, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	start := rand.IntN(r.pairs)
	for i := range r.pairs {
		port := r.first + uint16(2*((start+i)%r.pairs))
		if r.taken[port] || now.Before(r.resting[port]) {
			continue
		}
		delete(r.resting, port)
		r.taken[port] = true
		return port, true
	}
	return 0, false
}

// giveBack ends the use of a pair.
func (r *PortRange) giveBack(port uint16, rest bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.taken, port)
	if rest && r.rest > 0 {
		r.resting[port] = r.now().Add(r.rest)
	}
}

func listen(bind netip.Addr, port uint16) (sockets, error) {
	rtp, err := listenUDP(bind, port)
	if err != nil {
		return sockets{}, err
	}
	rtcp, err := listenUDP(bind, port+1)
	if err != nil {
		return sockets{}, errors.Join(err, rtp.Close())
	}
	return sockets{rtp: rtp, rtcp: rtcp, port: port}, nil
}

func listenUDP(bind netip.Addr, port uint16) (*net.UDPConn, error) {
	network := "udp6"
	if bind.Is4() {
		network = "udp4"
	}
	return net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(bind, port)))
}

// close closes both sockets.
func (s sockets) close() error { return errors.Join(s.rtp.Close(), s.rtcp.Close()) }
