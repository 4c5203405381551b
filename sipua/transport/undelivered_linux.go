package transport

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// askForErrors lets the kernel keep the ICMP errors about our datagrams (ip(7), IP_RECVERR). Without it a socket that
// has many peers hears of none.
func askForErrors(conn *net.UDPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		// A socket of IPv6 takes both, for it may also reach IPv4.
		four := syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_RECVERR, 1)
		six := syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_RECVERR, 1)
		if four != nil && six != nil {
			failed = four
		}
	})
	return errors.Join(err, failed)
}

// readErrors takes one error from the kernel's queue: the datagram that was not delivered, as far as the ICMP message
// quotes it, and where it was to go.
func readErrors(conn *net.UDPConn, buffer []byte) (quoted []byte, remote netip.AddrPort, ok bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, netip.AddrPort{}, false
	}
	control := make([]byte, 512)
	var n, controlled int
	var from syscall.Sockaddr
	var failed error
	err = raw.Control(func(fd uintptr) {
		n, controlled, _, from, failed = syscall.Recvmsg(int(fd), buffer, control, syscall.MSG_ERRQUEUE|syscall.MSG_DONTWAIT)
	})
	if err != nil || failed != nil {
		return nil, netip.AddrPort{}, false
	}
	if remote = addressOf(from); !remote.IsValid() || !tellsUnreachable(control[:controlled]) {
		return nil, netip.AddrPort{}, true // an error of another kind
	}
	return buffer[:n], remote, true
}

func addressOf(from syscall.Sockaddr) netip.AddrPort {
	switch from := from.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(from.Addr), uint16(from.Port))
	case *syscall.SockaddrInet6:
		return unmap(netip.AddrPortFrom(netip.AddrFrom16(from.Addr), uint16(from.Port)))
	default:
		return netip.AddrPort{}
	}
}

// Offsets in struct sock_extended_err, and its origins (linux/errqueue.h).
const (
	extendedErrno, extendedOrigin, extendedSize = 0, 4, 16
	originICMP, originICMP6                     = 2, 3
)

// tellsUnreachable tells whether an error says that nobody is there (RFC 3261 section 18.4), and not, for one, that a
// datagram was too long.
func tellsUnreachable(control []byte) bool {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return false
	}
	for _, message := range messages {
		four := message.Header.Level == syscall.IPPROTO_IP && message.Header.Type == syscall.IP_RECVERR
		six := message.Header.Level == syscall.IPPROTO_IPV6 && message.Header.Type == syscall.IPV6_RECVERR
		if !four && !six || len(message.Data) < extendedSize {
			continue
		}
		origin := message.Data[extendedOrigin]
		number := syscall.Errno(binary.NativeEndian.Uint32(message.Data[extendedErrno:]))
		return (origin == originICMP || origin == originICMP6) && number != syscall.EMSGSIZE
	}
	return false
}

// ofEarlierDatagram tells the errors that a socket has because of ICMP messages: they may come when another datagram is
// sent, or one is read.
func ofEarlierDatagram(err error) bool {
	for _, number := range []syscall.Errno{
		syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENOPROTOOPT,
		syscall.EPROTO, syscall.EACCES, syscall.EMSGSIZE, syscall.EOPNOTSUPP, syscall.ENONET,
	} {
		if errors.Is(err, number) {
			return true
		}
	}
	return false
}
