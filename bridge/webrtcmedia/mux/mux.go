package mux

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
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
	// Listeners take browsers over TCP. Close closes them.
	Listeners []net.Listener
	// Relays are packet connections of relays that let the browser's packets in. Close closes them.
	Relays []net.PacketConn
	// Beside is another Mux, whose sockets are used, too. It is closed after this one.
	Beside *Mux
}

// Mux is a set of sockets. All methods may be called from any goroutine.
type Mux struct {
	sockets []*socket // our own
	reach   []*socket // and those beside
	beside  *Mux      // nil for none
	dropped atomic.Uint64
	refused atomic.Uint64    // TCP connections
	mu      sync.Mutex       // guards byName
	byName  map[string]*Conn // by the user name fragment that we gave the browser
}

// Open opens a socket at each address.
func Open(options Options) (*Mux, error) {
	m := &Mux{byName: make(map[string]*Conn), beside: options.Beside}
	outside := hasOutside(options.Addresses)
	for _, address := range options.Addresses {
		s := newSocket(m, address.IsLoopback() && outside)
		if err := s.open(options, address); err != nil {
			return nil, errors.Join(fmt.Errorf("webrtc port: %w", err), m.Close())
		}
		m.sockets = append(m.sockets, s)
	}
	for _, listener := range options.Listeners {
		s := newSocket(m, false)
		s.tcp, s.carrier = true, newStreams(s, listener)
		m.sockets = append(m.sockets, s)
	}
	for _, conn := range options.Relays {
		s := newSocket(m, false)
		s.relayed, s.carrier = true, newRelay(s, conn)
		m.sockets = append(m.sockets, s)
	}
	m.reach = m.sockets
	if m.beside != nil {
		m.reach = slices.Concat(m.sockets, m.beside.sockets)
	}
	for _, s := range m.sockets {
		switch carrier := s.carrier.(type) {
		case *streams:
			carrier.run()
		case *relay:
			carrier.run()
		}
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

// Addresses are those of the UDP sockets.
func (m *Mux) Addresses() []netip.AddrPort {
	return m.addresses(func(s *socket) bool { return !s.tcp && !s.relayed })
}

// TCPAddresses are those of the TCP listeners.
func (m *Mux) TCPAddresses() []netip.AddrPort {
	return m.addresses(func(s *socket) bool { return s.tcp })
}

// RelayedAddresses are those of the relays.
func (m *Mux) RelayedAddresses() []netip.AddrPort {
	return m.addresses(func(s *socket) bool { return s.relayed })
}

func (m *Mux) addresses(wanted func(*socket) bool) []netip.AddrPort {
	list := make([]netip.AddrPort, 0, len(m.reach))
	for _, s := range m.reach {
		if wanted(s) {
			list = append(list, s.carrier.LocalAddr())
		}
	}
	return list
}

// Dropped counts packets that belong to nobody.
func (m *Mux) Dropped() uint64 { return m.dropped.Load() }

// Refused counts TCP connections that were one too many, or did not prove to be a browser's.
func (m *Mux) Refused() uint64 { return m.refused.Load() }

// Streams counts the TCP connections now.
func (m *Mux) Streams() int {
	count := 0
	for _, s := range m.sockets {
		if taken, ok := s.carrier.(*streams); ok {
			count += taken.count()
		}
	}
	return count
}

// Close closes the sockets. When it has returned no packet is handed over any more.
func (m *Mux) Close() error {
	errs := make([]error, 0, len(m.sockets))
	for _, s := range m.sockets {
		errs = append(errs, s.carrier.Close())
	}
	return errors.Join(errs...)
}

// name makes a Conn known by a user name fragment.
func (m *Mux) name(name string, conn *Conn) {
	if m.beside != nil {
		m.beside.name(name, conn)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byName[name] = conn
}

func (m *Mux) forget(name string) {
	if m.beside != nil {
		m.beside.forget(name)
	}
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
