package mux

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sipbridge/bridge/dtlssrtp"
)

// maxSources is how many addresses of one browser are believed; a new one takes the place of the oldest.
const maxSources = 32

// Media takes a media packet; see udp.Receiver. Those of several sockets may come at the same time.
type Media func(datagram []byte, now time.Time)

// Conn is a browser's share of the sockets. It is the ice.UDPMux and the ice.TCPMux of its agent, and has the packets
// of DTLS and media that come from where ICE has found the browser. All methods may be called from any goroutine.
type Conn struct {
	mux   *Mux
	media Media
	dtls  *dtlssrtp.Conn
	path  atomic.Pointer[path] // nil until ICE has chosen one

	mu         sync.Mutex             // guards the following fields
	candidates map[*socket]*candidate // one for several sockets
	sources    []source               // oldest first
	ways       []way                  // oldest first
	closed     bool
}

// path is where packets to the browser leave from and go to.
type path struct {
	of   *candidate // which knows when another way leads there
	from *socket
	to   netip.AddrPort
}

// source is an address of the browser, as a socket of ours sees it.
type source struct {
	at   *socket
	from netip.AddrPort
}

// NewConn makes a browser's share. It must be closed.
func (m *Mux) NewConn(media Media) *Conn {
	c := &Conn{mux: m, media: media, candidates: make(map[*socket]*candidate)}
	c.dtls = dtlssrtp.NewConn(c.Send)
	return c
}

// GetListenAddresses tells the agent where we listen: one address for all that it need not tell apart.
func (c *Conn) GetListenAddresses() []net.Addr {
	var list []net.Addr
	for i, s := range c.mux.reach {
		if !s.tcp && !s.relayed && !slices.ContainsFunc(c.mux.reach[:i], s.resembles) {
			list = append(list, net.UDPAddrFromAddrPort(s.carrier.LocalAddr()))
		}
	}
	return list
}

// GetConn gives the agent its checks at one of our addresses, which browsers send to the name.
func (c *Conn) GetConn(name string, address net.Addr) (net.PacketConn, error) {
	local, ok := address.(*net.UDPAddr)
	if !ok {
		return nil, errors.New("mux: not a UDP address")
	}
	at := c.mux.at(local.AddrPort(), false)
	if at == nil {
		return nil, ErrClosed
	}
	return c.candidate(name, at)
}

// GetAllConns gives the agent its checks at the TCP ports of one of our addresses, and at all that resemble them; there
// are none where it has got them for another address.
func (c *Conn) GetAllConns(name string, _ bool, address net.IP) ([]net.PacketConn, error) {
	wanted, _ := netip.AddrFromSlice(address)
	var all []net.PacketConn
	for _, at := range c.mux.reach {
		if !at.tcp || at.carrier.LocalAddr().Addr() != wanted.Unmap() || c.has(name, at) {
			continue
		}
		made, err := c.candidate(name, at)
		if err != nil {
			return nil, err
		}
		all = append(all, made)
	}
	return all, nil
}

// GetConnByUfrag gives the agent the first of GetAllConns.
func (c *Conn) GetConnByUfrag(name string, isIPv6 bool, address net.IP) (net.PacketConn, error) {
	all, err := c.GetAllConns(name, isIPv6, address)
	if err != nil || len(all) == 0 {
		return nil, errors.Join(ErrClosed, err)
	}
	return all[0], nil
}

// candidate makes a candidate at a socket and those that resemble it.
func (c *Conn) candidate(name string, at *socket) (net.PacketConn, error) {
	var sockets []*socket
	for _, s := range c.mux.reach {
		if s.resembles(at) {
			sockets = append(sockets, s)
		}
	}
	made := newCandidate(c, name, at, sockets)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	c.mux.name(name, c)
	for _, s := range sockets {
		c.candidates[s] = made
	}
	return made, nil
}

// has tells whether a socket has a candidate of a name.
func (c *Conn) has(name string, at *socket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.candidates[at]
	return known != nil && known.name == name
}

// RemoveConnByUfrag forgets a name: the agent has another, or ends.
func (c *Conn) RemoveConnByUfrag(name string) { c.mux.forget(name) }

// DTLS gives the packets of DTLS with the browser.
func (c *Conn) DTLS() *dtlssrtp.Conn { return c.dtls }

// Choose sends to one of the browser's addresses, from now on, and believes what comes from there. It leaves from one
// of our addresses, of UDP or TCP, or from one that the agent does not tell apart from it, if the way is from there.
func (c *Conn) Choose(local, remote netip.AddrPort, tcp bool) {
	at := c.mux.at(local, tcp)
	if at == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.candidates[at]
	if known := c.way(of, remote); known != nil {
		at = known.at
	}
	c.admit(at, remote)
	c.path.Store(&path{of: of, from: at, to: remote})
}

// Send sends a packet to the browser. Until ICE has chosen a path it is lost.
func (c *Conn) Send(datagram []byte) error {
	path := c.path.Load()
	if path == nil {
		return nil
	}
	return path.from.send(datagram, path.to)
}

// Close forgets the browser. Packets may still be handed over while it runs, and by a goroutine that is at it when it
// returns.
func (c *Conn) Close() error {
	c.mu.Lock()
	candidates, sources := c.candidates, c.sources
	c.candidates, c.sources, c.ways, c.closed = nil, nil, nil, true
	c.mu.Unlock()
	for _, known := range sources {
		known.at.leave(known.from, c)
	}
	errs := make([]error, 0, len(candidates)+1)
	for _, known := range candidates {
		errs = append(errs, known.Close())
	}
	return errors.Join(append(errs, c.dtls.Close())...)
}

// check hands a STUN message to the agent.
func (c *Conn) check(at *socket, datagram []byte, from netip.AddrPort) {
	c.mu.Lock()
	known := c.candidates[at]
	c.mu.Unlock()
	if known != nil {
		known.take(at, datagram, from)
	}
}

// admit believes what comes from an address. The caller holds mu.
func (c *Conn) admit(at *socket, from netip.AddrPort) {
	if c.closed {
		return
	}
	if known := (source{at: at, from: from}); !slices.Contains(c.sources, known) {
		if len(c.sources) == maxSources {
			c.sources[0].at.leave(c.sources[0].from, c)
			c.sources = slices.Delete(c.sources, 0, 1)
		}
		c.sources = append(c.sources, known)
	}
	at.admit(from, c)
}

// at gives the socket with an address.
func (m *Mux) at(address netip.AddrPort, tcp bool) *socket {
	address = netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
	for _, s := range m.reach {
		if s.tcp == tcp && s.carrier.LocalAddr() == address {
			return s
		}
	}
	return nil
}
