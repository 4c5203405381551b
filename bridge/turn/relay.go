package turn

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/pion/turn/v5"
)

// maxSockets is how many sockets to open for a relay until one is at a port that can be used.
const maxSockets = 16

// errRelay means a relay that we do not make: over TCP, of the other family, or with a port that the client chose.
var errRelay = errors.New("turn: no such relay")

// errQuota means a relay that is one too many.
var errQuota = errors.New("turn: one relay too many")

// errNoPort means that the system gave us nothing but ports of our media, and such as rest.
var errNoPort = errors.New("turn: no port for a relay")

// relays makes the relays of one socket, at the same address as that.
type relays struct {
	server  *Server
	address netip.Addr
}

// Validate has nothing to find.
func (r *relays) Validate() error { return nil }

// AllocatePacketConn makes a relay. Without a user pion only looks for two ports in a row, which we do not give.
func (r *relays) AllocatePacketConn(wanted turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	by, known := r.server.holderOf(wanted.UserID)
	if !known || wanted.RequestedPort != 0 || (wanted.Network == "udp6") != r.address.Is6() {
		return nil, nil, errRelay
	}
	if !r.server.quota.take(by) {
		r.server.refused.Add(1)
		return nil, nil, errQuota
	}
	conn, err := r.open(wanted.Network)
	if err != nil {
		r.server.quota.give(by)
		r.server.quota.ended()
		r.server.refused.Add(1)
		return nil, nil, err
	}
	return &relay{PacketConn: conn, server: r.server, by: by}, conn.LocalAddr(), nil
}

// open opens a socket that does not count as one of our media, since relays would reach each other by such ones, and
// is at no port whose relay ended just now: media on their way there belong to another browser.
func (r *relays) open(network string) (net.PacketConn, error) {
	at := netip.AddrPortFrom(r.address, 0).String()
	var passed []net.PacketConn // open until the end, that the next one is at another port
	defer func() {
		for _, each := range passed {
			_ = each.Close()
		}
	}()
	for range maxSockets {
		conn, err := new(net.ListenConfig).ListenPacket(context.Background(), network, at)
		if err != nil {
			return nil, err //nolint:wrapcheck // pion makes a status of it
		}
		at := addressOf(conn.LocalAddr())
		if !r.server.options.Media.Listens(at) && !r.server.resting.has(at) {
			return conn, nil
		}
		passed = append(passed, conn)
	}
	return nil, errNoPort
}

// AllocateListener refuses relays for TCP (RFC 6062).
func (r *relays) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errRelay
}

// AllocateConn refuses them, too.
func (r *relays) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errRelay }

// relay is the socket of a relay, which knows nobody but our media ports.
type relay struct {
	net.PacketConn

	server *Server
	by     holder
	once   sync.Once
}

// Close gives its place back.
func (r *relay) Close() error {
	r.once.Do(func() {
		r.server.resting.add(addressOf(r.LocalAddr()))
		r.server.quota.give(r.by)
	})
	return r.PacketConn.Close() //nolint:wrapcheck // a net.PacketConn
}

// ReadFrom gives a packet from one of them.
func (r *relay) ReadFrom(buffer []byte) (int, net.Addr, error) {
	for {
		size, from, err := r.PacketConn.ReadFrom(buffer)
		if err != nil || r.server.reaches(from) {
			return size, from, err //nolint:wrapcheck // a net.PacketConn
		}
	}
}

// WriteTo sends a packet to one of them; to anybody else it is lost.
func (r *relay) WriteTo(datagram []byte, to net.Addr) (int, error) {
	if !r.server.reaches(to) {
		return len(datagram), nil
	}
	return r.PacketConn.WriteTo(datagram, to) //nolint:wrapcheck // a net.PacketConn
}
