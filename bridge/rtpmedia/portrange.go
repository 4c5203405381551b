package rtpmedia

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"sipbridge/bridge"
	"sipbridge/bridge/udp"
)

// DefaultRest is how long a closed pair of ports rests before it is used again.
const DefaultRest = 5 * time.Second

// ErrPorts means that no pair of ports is free.
var ErrPorts = errors.New("rtpmedia: no free RTP port")

// PortRange hands out pairs of UDP ports: an even one for RTP and the next one for RTCP (RFC 3550
// section 11). The search starts at a random pair, so that ports are hard to guess. A pair that was closed
// rests, so that no call hears the end of another one. It may be used by any number of goroutines.
type PortRange struct {
	first  uint16 // even
	pairs  int
	rest   time.Duration
	poller *udp.Poller
	now    func() time.Time

	mu      sync.Mutex           // guards the following fields
	taken   map[uint16]bool      // by RTP port
	resting map[uint16]time.Time // until when, by RTP port
}

// NewPortRange makes a range of the ports from first to last, both included. Rest is how long a closed pair
// is not used; 0 means DefaultRest, a negative value not at all. The poller reads the sockets; nil means one of the
// range's own.
func NewPortRange(first, last uint16, rest time.Duration, poller *udp.Poller) (*PortRange, error) {
	start := int(first) + int(first)%2
	pairs := (int(last) - start + 1) / 2
	if first < 1024 || pairs < 1 {
		return nil, fmt.Errorf("%w: ports %d to %d hold no pair above 1023", ErrOptions, first, last)
	}
	if rest == 0 {
		rest = DefaultRest
	}
	if poller == nil {
		poller = udp.NewPoller()
	}
	return &PortRange{
		first: uint16(start), pairs: pairs, rest: rest, poller: poller, now: time.Now,
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
	rtp, rtcp *udp.Socket
	port      uint16 // of RTP
}

// open binds a free pair, for RTP and RTCP. Without one the error is a bridge.Cause with status 503.
func (r *PortRange) open(bind netip.Addr, rtp, rtcp udp.Receiver) (sockets, error) {
	for {
		port, ok := r.take()
		if !ok {
			return sockets{}, noPort(ErrPorts)
		}
		pair, err := r.listen(netip.AddrPortFrom(bind, port), rtp, rtcp)
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

func (r *PortRange) listen(address netip.AddrPort, rtp, rtcp udp.Receiver) (sockets, error) {
	first, err := r.poller.Listen(address, rtp)
	if err != nil {
		return sockets{}, fmt.Errorf("RTP port: %w", err)
	}
	second, err := r.poller.Listen(netip.AddrPortFrom(address.Addr(), address.Port()+1), rtcp)
	if err != nil {
		return sockets{}, errors.Join(fmt.Errorf("RTCP port: %w", err), first.Close())
	}
	return sockets{rtp: first, rtcp: second, port: address.Port()}, nil
}

// close closes both sockets.
func (s sockets) close() error { return errors.Join(s.rtp.Close(), s.rtcp.Close()) }
