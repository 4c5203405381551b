package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Receiver takes a datagram that has come, its source (IPv4 as such, never mapped) and when it was noticed. The
// datagram is valid, and the receiver's to change, until it returns. Those of a socket come one at a time. It must not
// wait, and not close the socket.
type Receiver func(datagram []byte, from netip.AddrPort, now time.Time)

// Socket is an open UDP socket. All methods may be called from any goroutine.
type Socket struct {
	descriptor int
	local      netip.AddrPort
	receiver   Receiver
	loop       *loop
	leave      func() error // the slot

	// receiving is held while datagrams are handed over, so that Close can wait for it; it guards deaf.
	receiving sync.Mutex
	deaf      bool
	// waits tells that the loop has not read all; for its goroutine.
	waits bool

	// sending is held, shared, while the descriptor is used to send: a closed one may be another socket's. It
	// guards closed. Sending never waits.
	sending sync.RWMutex
	closed  bool
}

func open(address netip.AddrPort, receiver Receiver) (*Socket, error) {
	address = netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
	family := unix.AF_INET
	if address.Addr().Is6() {
		family = unix.AF_INET6
	}
	descriptor, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("UDP socket: %w", err)
	}
	s := &Socket{descriptor: descriptor, receiver: receiver}
	if err := s.bind(address); err != nil {
		return nil, s.discard(fmt.Errorf("UDP socket at %v: %w", address, err))
	}
	return s, nil
}

func (s *Socket) bind(address netip.AddrPort) error {
	var name unix.Sockaddr
	if address.Addr().Is4() {
		name = &unix.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()}
	} else {
		if err := unix.SetsockoptInt(s.descriptor, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return err
		}
		zone, err := zoneOf(address.Addr())
		if err != nil {
			return err
		}
		name = &unix.SockaddrInet6{Port: int(address.Port()), Addr: address.Addr().As16(), ZoneId: zone}
	}
	if err := unix.Bind(s.descriptor, name); err != nil {
		return err
	}
	bound, err := unix.Getsockname(s.descriptor)
	if err != nil {
		return err
	}
	port := address.Port()
	switch bound := bound.(type) {
	case *unix.SockaddrInet4:
		port = uint16(bound.Port)
	case *unix.SockaddrInet6:
		port = uint16(bound.Port)
	}
	s.local = netip.AddrPortFrom(address.Addr(), port)
	return nil
}

// zoneOf gives the number of a link-local address's interface.
func zoneOf(address netip.Addr) (uint32, error) {
	if address.Zone() == "" {
		return 0, nil
	}
	link, err := net.InterfaceByName(address.Zone())
	if err != nil {
		return 0, err
	}
	return uint32(link.Index), nil
}

// SetReadBuffer asks for a receive buffer of so many octets; the system may give less.
func (s *Socket) SetReadBuffer(size int) error {
	if err := unix.SetsockoptInt(s.descriptor, unix.SOL_SOCKET, unix.SO_RCVBUF, size); err != nil {
		return fmt.Errorf("receive buffer: %w", err)
	}
	return nil
}

// LocalAddr is the address that the socket is bound to.
func (s *Socket) LocalAddr() netip.AddrPort { return s.local }

// read hands over what has come, and tells whether there may be more.
func (s *Socket) read(from *inbox, now time.Time) (more bool) {
	s.receiving.Lock()
	defer s.receiving.Unlock()
	if s.deaf {
		return false
	}
	count, err := from.receive(s.descriptor)
	for i := range count {
		datagram, source := from.datagram(i)
		s.receiver(datagram, source, now)
	}
	return count == batch || err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EBADF)
}

// Send sends a datagram. It never waits: if there is no room the error is EAGAIN, and the datagram is lost. After
// Close the error is net.ErrClosed.
func (s *Socket) Send(datagram []byte, to netip.AddrPort) error {
	s.sending.RLock()
	defer s.sending.RUnlock()
	if s.closed {
		return net.ErrClosed
	}
	return send(s.descriptor, datagram, to, s.local.Addr().Is4())
}

// Close frees the socket. When it has returned no datagram is handed over any more. A second call does nothing.
func (s *Socket) Close() error {
	s.receiving.Lock()
	first := !s.deaf
	s.deaf = true
	s.receiving.Unlock()
	if !first {
		return nil
	}
	s.loop.remove(s)
	return errors.Join(s.discard(nil), s.leave())
}

// discard closes the descriptor and adds to an error what that gave.
func (s *Socket) discard(err error) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	s.closed = true
	return errors.Join(err, unix.Close(s.descriptor))
}
