package turn

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// Server is the relay. All methods may be called from any goroutine.
type Server struct {
	options     Options
	pion        *turn.Server
	quota       *quota
	connections *connections
	resting     *resting
	reading     sync.WaitGroup // sockets and listeners

	refused, strays atomic.Uint64
}

// Stats counts since the start of the process.
type Stats struct {
	// Relays is how many there are now.
	Relays int
	// Refused counts requests with credentials that are not good, relays and connections that there was no room for.
	Refused uint64
	// Strays counts peers and packets that a relay does not reach.
	Strays uint64
}

// New makes a Server and begins to serve.
func New(options Options) (*Server, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	s := &Server{options: options, quota: newQuota(options), connections: newConnections(options), resting: newResting()}
	logs := logging.NewDefaultLoggerFactory()
	logs.DefaultLogLevel = logging.LogLevelDisabled // strangers could fill them; Stats counts instead
	config := turn.ServerConfig{
		LoggerFactory: logs, Realm: options.Realm, AuthHandler: s.authenticate, QuotaHandler: s.mayRelay,
		EventHandler: turn.EventHandler{OnAllocationCreated: s.created, OnAllocationDeleted: s.deleted},
	}
	for _, each := range options.UDP {
		config.PacketConnConfigs = append(config.PacketConnConfigs, turn.PacketConnConfig{
			PacketConn: newSocket(s, each), RelayAddressGenerator: s.relaysAt(each.LocalAddr()), PermissionHandler: s.mayReach,
		})
	}
	for _, each := range options.TCP {
		config.ListenerConfigs = append(config.ListenerConfigs, s.listenerConfig(newListener(s, each)))
	}
	for _, each := range options.TLS {
		secure := tls.NewListener(newListener(s, each), options.Certificates)
		config.ListenerConfigs = append(config.ListenerConfigs, s.listenerConfig(secure))
	}
	var err error
	if s.pion, err = turn.NewServer(config); err != nil {
		return nil, fmt.Errorf("turn: %w", err)
	}
	return s, nil
}

func (s *Server) listenerConfig(from net.Listener) turn.ListenerConfig {
	return turn.ListenerConfig{
		Listener: from, RelayAddressGenerator: s.relaysAt(from.Addr()), PermissionHandler: s.mayReach,
	}
}

func (s *Server) relaysAt(local net.Addr) *relays {
	return &relays{server: s, address: addressOf(local).Addr()}
}

// mayRelay tells whether a holder may have one more relay, that the refusal names the quota.
func (s *Server) mayRelay(id, _ string, _ net.Addr) bool {
	if by, known := s.holderOf(id); known && s.quota.has(by) {
		return true
	}
	s.refused.Add(1)
	return false
}

func (s *Server) created(from, local net.Addr, _, _, _ string, _ net.Addr, _ int) {
	s.connections.serve(local, from, true)
}

// deleted is the last that pion does for a relay.
func (s *Server) deleted(from, local net.Addr, _, _, _ string) {
	s.connections.serve(local, from, false)
	s.quota.ended()
}

// mayReach tells whether there are media ports of ours at an address.
func (s *Server) mayReach(_ net.Addr, peer net.IP) bool {
	address, _ := netip.AddrFromSlice(peer)
	if s.options.Media.ListensAt(address.Unmap()) {
		return true
	}
	s.strays.Add(1)
	return false
}

// reaches tells whether a peer is one of them.
func (s *Server) reaches(peer net.Addr) bool {
	if s.options.Media.Listens(addressOf(peer)) {
		return true
	}
	s.strays.Add(1)
	return false
}

// Stats gives a snapshot of the counters.
func (s *Server) Stats() Stats {
	return Stats{Relays: s.quota.count(), Refused: s.refused.Load(), Strays: s.strays.Load()}
}

// Close ends all relays and closes the sockets. When it has returned nothing is relayed, and nothing is read or taken
// from the network.
func (s *Server) Close() error {
	s.quota.close()
	err := s.pion.Close()
	s.connections.close()
	s.reading.Wait()
	s.quota.wait()
	if err != nil {
		return fmt.Errorf("turn: %w", err)
	}
	return nil
}
