package mux

import (
	"errors"
	"net"
	"time"

	"github.com/pion/stun/v4"
)

// Relayed is a Conn as the agent sees it where a relay is: the ice.UniversalUDPMux of its agent, which so prefers every
// other way.
type Relayed struct{ *Conn }

var errNoRelay = errors.New("mux: no relay")

// GetListenAddresses tells the agent of the relay.
func (r Relayed) GetListenAddresses() []net.Addr {
	addresses := r.mux.RelayedAddresses()
	list := make([]net.Addr, 0, len(addresses))
	for _, address := range addresses {
		list = append(list, net.UDPAddrFromAddrPort(address))
	}
	return list
}

// GetXORMappedAddr gives its address, whatever server is named.
func (r Relayed) GetXORMappedAddr(net.Addr, time.Duration) (*stun.XORMappedAddress, error) {
	for _, address := range r.mux.RelayedAddresses() {
		return &stun.XORMappedAddress{IP: address.Addr().AsSlice(), Port: int(address.Port())}, nil
	}
	return nil, errNoRelay
}

// GetRelayedAddr is not asked.
func (r Relayed) GetRelayedAddr(net.Addr, time.Duration) (*net.Addr, error) { return nil, errNoRelay }

// GetConnForURL gives the agent its checks there.
func (r Relayed) GetConnForURL(name, _ string, address net.Addr) (net.PacketConn, error) {
	return r.GetConn(name, address)
}
