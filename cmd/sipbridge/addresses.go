package main

import (
	"fmt"

	"sipbridge/configs"
	"sipbridge/sipua/nat"
)

// newAddresses are those that peers are told.
func newAddresses(listen configs.Listen) (*nat.Addresses, error) {
	rules := make([]nat.Rule, 0, len(listen.Advertised))
	for i, entry := range listen.Advertised {
		network, address, err := entry.Parse()
		if err != nil {
			return nil, fmt.Errorf("listen.advertised[%d].%w", i, err)
		}
		rules = append(rules, nat.Rule{Network: network, Address: address})
	}
	return nat.New(rules...), nil
}
