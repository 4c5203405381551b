package webrtcmedia

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// loopbackConn is a shared socket at a loopback address. It sends to loopback addresses only. The system would let
// it reach the machine's other addresses, too, and a browser on this machine answers checks that come that way:
// so we would choose a path on which Firefox, which never pairs with loopback, sends nothing.
type loopbackConn struct{ *net.UDPConn }

// ReadFromAddrPort makes pion read without allocating.
func (c loopbackConn) ReadFromAddrPort(buffer []byte) (int, netip.AddrPort, error) {
	return c.ReadFromUDPAddrPort(buffer) //nolint:wrapcheck // a net.PacketConn
}

// WriteToAddrPort sends to a loopback address; to others it loses the packet.
func (c loopbackConn) WriteToAddrPort(packet []byte, to netip.AddrPort) (int, error) {
	if !to.Addr().Unmap().IsLoopback() {
		return len(packet), nil
	}
	return c.WriteToUDPAddrPort(packet, to) //nolint:wrapcheck // a net.PacketConn
}

// WriteTo is WriteToAddrPort.
func (c loopbackConn) WriteTo(packet []byte, to net.Addr) (int, error) {
	address, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, fmt.Errorf("%T is not a UDP address", to)
	}
	return c.WriteToAddrPort(packet, address.AddrPort())
}

// loopbackLast puts the addresses in the order in which pion prefers them, all else being equal.
func loopbackLast(addresses []netip.Addr) []netip.Addr {
	ordered := slices.Clone(addresses)
	slices.SortStableFunc(ordered, func(a, b netip.Addr) int { return cmp.Compare(rank(a), rank(b)) })
	return ordered
}

// outside gives the addresses that are not loopback, or all if there is no other.
func outside(addresses []netip.Addr) []netip.Addr {
	rest := slices.DeleteFunc(slices.Clone(addresses), netip.Addr.IsLoopback)
	if len(rest) == 0 {
		return addresses
	}
	return rest
}
