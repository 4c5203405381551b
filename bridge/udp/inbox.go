package udp

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// MaxDatagram is the largest datagram that is handed over whole; of a larger one comes one octet more.
	MaxDatagram = 2048
	// batch is how many datagrams of a socket are read at once.
	batch = 16
)

// inbox is the memory into which a loop reads. The system fills it: recvmmsg(2).
type inbox struct {
	headers [batch]message
	vectors [batch]unix.Iovec
	names   [batch]unix.RawSockaddrInet6 // large enough for IPv4, too
	buffers [batch][MaxDatagram + 1]byte
}

// message is struct mmsghdr.
type message struct {
	header unix.Msghdr
	length uint32
}

func newInbox() *inbox {
	b := &inbox{}
	for i := range b.headers {
		b.vectors[i].Base = &b.buffers[i][0]
		b.vectors[i].SetLen(len(b.buffers[i]))
		header := &b.headers[i].header
		header.Iov = &b.vectors[i]
		header.SetIovlen(1)
		header.Name = (*byte)(unsafe.Pointer(&b.names[i])) //nolint:gosec // the system wants it so
	}
	return b
}

// receive reads what has come, without waiting, and gives how many datagrams that is. The error is EAGAIN if there were
// none; another is that of an earlier packet, and asking has cleared it.
func (b *inbox) receive(descriptor int) (int, error) {
	for i := range b.headers {
		b.headers[i].header.Namelen = unix.SizeofSockaddrInet6
	}
	// It never waits, so the runtime need not hear of it.
	count, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(descriptor),
		uintptr(unsafe.Pointer(&b.headers[0])), batch, unix.MSG_DONTWAIT, 0, 0) //nolint:gosec // the system wants it so
	if errno != 0 {
		return 0, errno
	}
	return int(count), nil
}

// datagram gives one that was read, and its source; it is valid until the next receive.
func (b *inbox) datagram(i int) ([]byte, netip.AddrPort) {
	return b.buffers[i][:b.headers[i].length], source(&b.names[i])
}

// source reads an address as the system writes it.
func source(name *unix.RawSockaddrInet6) netip.AddrPort {
	if name.Family == unix.AF_INET {
		name4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name)) //nolint:gosec // what the family says
		return netip.AddrPortFrom(netip.AddrFrom4(name4.Addr), networkOrder(name4.Port))
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), networkOrder(name.Port))
}

// networkOrder turns a port round where the machine's order is another.
func networkOrder(port uint16) uint16 {
	var octets [2]byte
	binary.NativeEndian.PutUint16(octets[:], port)
	return binary.BigEndian.Uint16(octets[:])
}
