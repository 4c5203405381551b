package configs

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// OwnAddresses gives the addresses of this machine's interfaces that are up: loopback first, IPv4
// before IPv6, without link-local and multicast ones, which mean nothing to another machine.
func OwnAddresses() ([]netip.Addr, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("listing network interfaces: %w", err)
	}
	var all []net.Addr
	for _, each := range interfaces {
		if each.Flags&net.FlagUp == 0 {
			continue
		}
		addresses, err := each.Addrs()
		if err != nil {
			return nil, fmt.Errorf("listing the addresses of %s: %w", each.Name, err)
		}
		all = append(all, addresses...)
	}
	return usable(all), nil
}

func usable(addresses []net.Addr) []netip.Addr {
	var out []netip.Addr
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(network.IP)
		ip = ip.Unmap()
		if !ok || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
			continue
		}
		out = append(out, ip)
	}
	slices.SortFunc(out, before)
	return slices.Compact(out)
}

func before(a, b netip.Addr) int {
	if a.IsLoopback() != b.IsLoopback() {
		if a.IsLoopback() {
			return -1
		}
		return 1
	}
	return a.Compare(b) // IPv4 sorts before IPv6
}
