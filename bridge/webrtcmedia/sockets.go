package webrtcmedia

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/ice/v4"
)

// socketBuffer is the receive buffer wanted for a shared socket, in octets; the system may give less.
const socketBuffer = 4 << 20

// sockets are the UDP sockets that all sessions share, one per address. pion reads each in a goroutine and hands
// a packet to the session whose ICE credentials it was first used with; other packets get no answer.
type sockets struct {
	mux   *ice.MultiUDPMuxDefault
	conns []*net.UDPConn
}

func openSockets(addresses []netip.Addr, port uint16, logs *pionLogs) (*sockets, error) {
	s := &sockets{}
	muxes := make([]ice.UDPMux, 0, len(addresses))
	for _, address := range addresses {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, port)))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("webrtc port: %w", err), closeAll(muxes))
		}
		// A smaller buffer only means that bursts are lost sooner.
		_ = conn.SetReadBuffer(socketBuffer)
		s.conns = append(s.conns, conn)
		params := ice.UDPMuxParams{UDPConn: conn, Logger: logs.NewLogger("udpmux")}
		if address.IsLoopback() && len(outside(addresses)) < len(addresses) {
			params.UDPConn = loopbackConn{conn}
		}
		muxes = append(muxes, ice.NewUDPMuxDefault(params))
	}
	s.mux = ice.NewMultiUDPMuxDefault(muxes...)
	return s, nil
}

func closeAll(muxes []ice.UDPMux) error {
	errs := make([]error, 0, len(muxes))
	for _, mux := range muxes {
		errs = append(errs, mux.Close())
	}
	return errors.Join(errs...)
}

func (s *sockets) addresses() []netip.AddrPort {
	list := make([]netip.AddrPort, 0, len(s.conns))
	for _, conn := range s.conns {
		if address, ok := conn.LocalAddr().(*net.UDPAddr); ok {
			list = append(list, address.AddrPort())
		}
	}
	return list
}

func (s *sockets) close() error {
	if err := s.mux.Close(); err != nil {
		return fmt.Errorf("webrtc sockets: %w", err)
	}
	return nil
}
