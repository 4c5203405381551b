package webrtcmedia

import (
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/webrtcmedia/mux"
)

// Engine is what all sessions of a process share: certificate, settings and, in single-port mode, the UDP sockets. Its
// methods may be called from any goroutine.
type Engine struct {
	options  EngineOptions
	identity *dtlssrtp.Identity
	network  transport.Net // the machine's interfaces, asked for once
	// sockets are where each connection listens. Shared has them open; it is nil where every connection has its own.
	sockets mux.Options
	shared  *mux.Mux
	streams *mux.Mux // the TCP listeners, where shared has none; else nil
	logs    *pionLogs
	counts  engineCounts
}

type engineCounts struct {
	open, opened, lost, refused, floods, undecryptable, unrelayed atomic.Uint64
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
	// Undecryptable counts media packets of browsers that were forged, broken or came twice.
	Undecryptable uint64
	// Strangers counts packets at the shared sockets that belong to no browser.
	Strangers uint64
	// Streams is the number of TCP connections of browsers now, StreamsRefused of those that were one too many or did
	// not prove to be a browser's.
	Streams        int
	StreamsRefused uint64
	// Unrelayed counts connections that wanted a relay and got none.
	Unrelayed uint64
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
	e.sockets = mux.Options{
		Poller: options.Poller, Addresses: loopbackLast(addresses),
		FirstPort: options.FirstPort, LastPort: options.LastPort,
	}
	if e.identity, err = dtlssrtp.NewIdentity(); err != nil {
		return nil, fmt.Errorf("own certificate: %w", err)
	}
	if e.network, err = stdnet.NewNet(); err != nil {
		return nil, fmt.Errorf("interfaces of this machine: %w", err)
	}
	if !options.shared() {
		if e.streams, err = mux.Open(mux.Options{Listeners: options.Listeners}); err != nil {
			return nil, fmt.Errorf("TCP: %w", err)
		}
		e.sockets.Addresses = outside(e.sockets.Addresses) // each costs every session a socket
		e.sockets.Beside = e.streams
		return e, nil
	}
	e.sockets.Listeners = options.Listeners
	if e.shared, err = mux.Open(e.sockets); err != nil {
		return nil, fmt.Errorf("shared sockets: %w", err)
	}
	return e, nil
}

// Addresses are the addresses and ports of the shared sockets; none where every session has its own.
func (e *Engine) Addresses() []netip.AddrPort {
	if e.shared == nil {
		return nil
	}
	return e.shared.Addresses()
}

// ListensAt tells whether browsers may be told of UDP ports of ours at an address.
func (e *Engine) ListensAt(address netip.Addr) bool {
	return address.IsValid() && (e.options.Advertised(address) || slices.Contains(e.sockets.Addresses, address))
}

// Listens tells whether browsers may be told of a UDP port as ours.
func (e *Engine) Listens(port netip.AddrPort) bool {
	if !e.ListensAt(port.Addr()) {
		return false
	}
	if e.shared == nil {
		return e.options.FirstPort <= port.Port() && port.Port() <= e.options.LastPort
	}
	return slices.ContainsFunc(e.shared.Addresses(), func(own netip.AddrPort) bool { return own.Port() == port.Port() })
}

// Stats gives a snapshot of the counters.
func (e *Engine) Stats() EngineStats {
	stats := EngineStats{
		Open:          e.counts.open.Load(),
		Opened:        e.counts.opened.Load(),
		Lost:          e.counts.lost.Load(),
		Refused:       e.counts.refused.Load(),
		Floods:        e.counts.floods.Load(),
		Unrelayed:     e.counts.unrelayed.Load(),
		LogsDropped:   e.logs.dropped.Load(),
		Undecryptable: e.counts.undecryptable.Load(),
	}
	for _, shared := range e.open() {
		stats.Strangers += shared.Dropped()
		stats.Streams += shared.Streams()
		stats.StreamsRefused += shared.Refused()
	}
	return stats
}

// open are the sockets that sessions share.
func (e *Engine) open() []*mux.Mux {
	return slices.DeleteFunc([]*mux.Mux{e.shared, e.streams}, func(m *mux.Mux) bool { return m == nil })
}

// Close frees the sockets. Sessions are closed before, each by its owner.
func (e *Engine) Close() error {
	for _, shared := range e.open() {
		if err := shared.Close(); err != nil {
			return fmt.Errorf("shared sockets: %w", err)
		}
	}
	return nil
}
