package udp

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// send is sendto(2), without a wait and without memory of its own: the package's own Sendto would need some for each
// address.
func send(descriptor int, datagram []byte, to netip.AddrPort, inet4 bool) error {
	address := to.Addr().Unmap()
	if len(datagram) == 0 || address.Is4() != inet4 || !to.IsValid() {
		return unix.EINVAL
	}
	var name unix.RawSockaddrInet6
	size := uintptr(unix.SizeofSockaddrInet6)
	if inet4 {
		name4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&name)) //nolint:gosec // the smaller one in its memory
		*name4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: networkOrder(to.Port()), Addr: address.As4()}
		size = unix.SizeofSockaddrInet4
	} else {
		zone, err := zoneOf(address)
		if err != nil {
			return unix.EINVAL
		}
		name = unix.RawSockaddrInet6{
			Family: unix.AF_INET6, Port: networkOrder(to.Port()), Addr: address.As16(), Scope_id: zone,
		}
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(descriptor),
		uintptr(unsafe.Pointer(&datagram[0])), uintptr(len(datagram)), //nolint:gosec // the system wants it so
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&name)), size) //nolint:gosec // the same
	if errno != 0 {
		return errno
	}
	return nil
}
