package configs

import (
	"fmt"
	"net/netip"
)

// Advertised is the address by which the peers of a network reach this machine.
type Advertised struct {
	// Network is in CIDR; empty for everybody.
	Network string `mapstructure:"network"`
	// Address is empty for that of our own socket.
	Address string `mapstructure:"address"`
}

// Parse reads both; what is empty is invalid.
func (a Advertised) Parse() (network netip.Prefix, address netip.Addr, err error) {
	if a.Network != "" {
		if network, err = netip.ParsePrefix(a.Network); err != nil {
			return network, address, fmt.Errorf("network: %q is no network such as 10.0.0.0/8", a.Network)
		}
	}
	if a.Address != "" {
		address, err = netip.ParseAddr(a.Address)
		if err != nil || address.Zone() != "" || address.IsUnspecified() || address.IsMulticast() {
			return network, address, fmt.Errorf("address: %q is no IP address of a machine", a.Address)
		}
	}
	return network, address, nil
}

func (l Listen) checkAdvertised(found *faults) {
	for i, entry := range l.Advertised {
		network, address, err := entry.Parse()
		switch {
		case err != nil:
			found.add("listen.advertised[%d].%w", i, err)
		case !network.IsValid() && !address.IsValid():
			found.add("listen.advertised[%d]: a network, an address or both are needed", i)
		case network.IsValid() && address.IsValid() && network.Addr().Is4() != address.Is4():
			found.add("listen.advertised[%d]: peers in %s cannot reach %s, which is of the other family", i, network, address)
		}
	}
}
