package webrtcmedia

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// defaultAllowRemote keeps browsers from aiming our checks at places where no browser can be.
func defaultAllowRemote(listening []netip.Addr) func(netip.Addr) bool {
	loopback := slices.ContainsFunc(listening, netip.Addr.IsLoopback)
	return func(address netip.Addr) bool {
		address = address.Unmap()
		return address.IsValid() && !address.IsUnspecified() && !address.IsMulticast() &&
			!address.IsLinkLocalUnicast() && address != netip.AddrFrom4([4]byte{255, 255, 255, 255}) &&
			(loopback || !address.IsLoopback())
	}
}

// listenAddresses gives the wanted addresses, or all of the machine.
func listenAddresses(wanted []netip.Addr) ([]netip.Addr, error) {
	if len(wanted) > 0 {
		return wanted, nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("addresses of this machine: %w", err)
	}
	addresses := make([]netip.Addr, 0, len(all))
	for _, entry := range all {
		network, ok := entry.(*net.IPNet)
		if !ok {
			continue
		}
		address, ok := netip.AddrFromSlice(network.IP)
		if address = address.Unmap(); ok && !address.IsLinkLocalUnicast() && !address.IsMulticast() {
			addresses = append(addresses, address)
		}
	}
	if len(addresses) == 0 {
		return nil, errors.New("this machine has no address to listen at")
	}
	return addresses, nil
}

// loopbackLast puts the addresses in the order in which ICE prefers them, all else being equal.
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
