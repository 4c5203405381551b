// Package source says what counts as one where things are counted by whom they come from: connections, tries, calls.
package source

import "net/netip"

// Of gives the source of an address. An IPv4 address is one by itself, however it is written. An IPv6 address stands
// for its network of 64 bits: one customer has all of it (RFC 6177). What is no address stays as it is.
func Of(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	if !address.Is6() {
		return address
	}
	network, _ := address.Prefix(64) // which any IPv6 address has
	return network.Addr()
}
