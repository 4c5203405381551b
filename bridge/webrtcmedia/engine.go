package webrtcmedia

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

// Engine is what all sessions of a process share: certificate, codecs, settings and, in single-port
// mode, the UDP sockets. Its methods may be called from any goroutine.
type Engine struct {
	options     EngineOptions
	certificate webrtc.Certificate
	fingerprint webrtc.DTLSFingerprint
	api         *webrtc.API
	sockets     *sockets // nil where every session has its own
	logs        *pionLogs
	counts      engineCounts
}

type engineCounts struct {
	open, opened, lost, refused, floods atomic.Uint64
}

// EngineStats counts since the start of the process.
type EngineStats struct {
	// Open is the number of sessions now, Opened of all there were.
	Open, Opened uint64
	// Lost counts connections that went away or never came up.
	Lost uint64
	// Refused counts descriptions from browsers that were refused.
	Refused uint64
	// Floods counts connections given up because the browser opened too many streams.
	Floods uint64
	// LogsDropped counts lines of pion that were not logged, being too many.
	LogsDropped uint64
}

// New makes an Engine. In single-port mode it opens the sockets; Close frees them.
func New(options EngineOptions) (*Engine, error) {
	options.setDefaults()
	if options.LastPort < options.FirstPort {
		return nil, fmt.Errorf("webrtc ports: %d is below %d", options.LastPort, options.FirstPort)
	}
	addresses, err := listenAddresses(options.Addresses)
	if err != nil {
		return nil, err
	}
	if options.AllowRemote == nil {
		options.AllowRemote = defaultAllowRemote(addresses)
	}
	e := &Engine{options: options, logs: newPionLogs(options.Logger)}
	if e.certificate, e.fingerprint, err = newCertificate(); err != nil {
		return nil, err
	}
	addresses = loopbackLast(addresses)
	var mux ice.UDPMux
	if options.shared() {
		if e.sockets, err = openSockets(addresses, options.FirstPort, e.logs); err != nil {
			return nil, err
		}
		mux = e.sockets.mux
	} else {
		// pion opens these sockets, so none of them can be a loopbackConn.
		addresses = outside(addresses)
	}
	if err := e.makeAPI(addresses, mux); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// Addresses are the addresses and ports of the shared sockets; none where every session has its own.
func (e *Engine) Addresses() []netip.AddrPort {
	if e.sockets == nil {
		return nil
	}
	return e.sockets.addresses()
}

// Stats gives a snapshot of the counters.
func (e *Engine) Stats() EngineStats {
	return EngineStats{
		Open:        e.counts.open.Load(),
		Opened:      e.counts.opened.Load(),
		Lost:        e.counts.lost.Load(),
		Refused:     e.counts.refused.Load(),
		Floods:      e.counts.floods.Load(),
		LogsDropped: e.logs.dropped.Load(),
	}
}

// Close frees the sockets. Sessions are closed before, each by its owner.
func (e *Engine) Close() error {
	if e.sockets == nil {
		return nil
	}
	return e.sockets.close()
}

func (e *Engine) makeAPI(addresses []netip.Addr, mux ice.UDPMux) error {
	settings, err := e.settings(addresses, mux)
	if err != nil {
		return err
	}
	engine, err := mediaEngine()
	if err != nil {
		return err
	}
	// Without a registry of interceptors NewAPI would register all of them.
	e.api = webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(engine),
		webrtc.WithInterceptorRegistry(noInterceptors()))
	return nil
}

// defaultAllowRemote keeps browsers from aiming our checks at places where no browser can be.
func defaultAllowRemote(listening []netip.Addr) func(netip.Addr) bool {
	loopback := false
	for _, address := range listening {
		loopback = loopback || address.IsLoopback()
	}
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
