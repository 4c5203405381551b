package mux

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"

	"sipbridge/bridge/udp"
)

// readBuffer is the receive buffer wanted for a shared socket, in octets; the system may give less.
const readBuffer = 4 << 20

// ErrClosed means a Mux or Conn that is closed.
var ErrClosed = errors.New("mux: closed")

// Options says where a Mux listens.
type Options struct {
	// Poller reads the sockets. Required.
	Poller *udp.Poller
	// Addresses are the local addresses, in the order in which ICE is to prefer them. Required.
	Addresses []netip.Addr
	// FirstPort and LastPort are the ports to choose from, for each address; both 0 means any.
	FirstPort, LastPort uint16
}

// Mux is a set of sockets. All methods may be called from any goroutine.
type Mux struct {
	sockets []*socket
	dropped atomic.Uint64
	mu      sync.Mutex       // guards byName
	byName  map[string]*Conn // by the user name fragment that we gave the browser
}

// Open opens a socket at each address.
func Open(options Options) (*Mux, error) {
	m := &Mux{byName: make(map[string]*Conn)}
	outside := hasOutside(options.Addresses)
	for _, address := range options.Addresses {
		s := newSocket(m, address.IsLoopback() && outside)
		if err := s.open(options, address); err != nil {
			return nil, errors.Join(fmt.Errorf("webrtc port: %w", err), m.Close())
		}
		m.sockets = append(m.sockets, s)
	}
	return m, nil
}

func hasOutside(addresses []netip.Addr) bool {
	for _, address := range addresses {
		if !address.IsLoopback() {
			return true
		}
	}
	return false
}

// Addresses are those of the sockets.
func (m *Mux) Addresses() []netip.AddrPort {
	list := make([]netip.AddrPort, 0, len(m.sockets))
	for _, s := range m.sockets {
		list = append(list, s.udp.LocalAddr())
	}
	return list
}

// Dropped counts packets that belong to nobody.
func (m *Mux) Dropped() uint64 { return m.dropped.Load() }

// Close closes the sockets. When it has returned no packet is handed over any more.
func (m *Mux) Close() error {
	errs := make([]error, 0, len(m.sockets))
	for _, s := range m.sockets {
		errs = append(errs, s.udp.Close())
	}
	return errors.Join(errs...)
}

// name makes a Conn known by a user name fragment.
func (m *Mux) name(name string, conn *Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byName[name] = conn
}

func (m *Mux) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.byName, name)
}

func (m *Mux) named(name string) *Conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byName[name]
}

// listen opens a socket at any free port of a range; the search begins anywhere in it.
func listen(options Options, address netip.Addr, receiver udp.Receiver) (*udp.Socket, error) {
	count := int(options.LastPort) - int(options.FirstPort) + 1
	start := rand.IntN(count)
	for i := range count {
		port := options.FirstPort + uint16((start+i)%count)
		s, err := options.Poller.Listen(netip.AddrPortFrom(address, port), receiver)
		if err == nil || i == count-1 || !errors.Is(err, syscall.EADDRINUSE) {
			return s, err
		}
	}
	return nil, ErrClosed
}
