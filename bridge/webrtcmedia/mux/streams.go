package mux

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// maxStreams is how many TCP connections there may be at one address of ours.
	maxStreams = 4096
	// maxUnproved is how many of them may not have proved to be a browser's, in all and from one source: an IPv4 address
	// or an IPv6 network of 64 bits. Behind one address there may be a whole office.
	maxUnproved, maxUnprovedPerSource = 512, 64
	// acceptPause is how long to wait when the system has no more room for a connection.
	acceptPause = 100 * time.Millisecond
)

// streams are a TCP listener and the connections of browsers that it took (RFC 6544, passive).
type streams struct {
	socket   *socket
	listener net.Listener
	local    netip.AddrPort
	running  sync.WaitGroup
	done     chan struct{} // closed by Close

	mu       sync.Mutex // guards the following fields
	open     map[netip.AddrPort]*stream
	unproved map[netip.Addr]int // connections by source
	waiting  int                // their sum
	closed   bool
}

func newStreams(at *socket, listener net.Listener) *streams {
	s := &streams{
		socket: at, listener: listener, done: make(chan struct{}),
		open: make(map[netip.AddrPort]*stream), unproved: make(map[netip.Addr]int),
	}
	s.local = addressOf(listener.Addr())
	return s
}

// addressOf is the address of a TCP connection's end.
func addressOf(address net.Addr) netip.AddrPort {
	if known, ok := address.(*net.TCPAddr); ok {
		at := known.AddrPort()
		return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	}
	return netip.AddrPort{}
}

// sourceOf is what counts as one source.
func sourceOf(address netip.Addr) netip.Addr {
	if address.Is4() {
		return address
	}
	network, _ := address.Prefix(64)
	return network.Addr()
}

// run takes connections until Close.
func (s *streams) run() {
	s.running.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err == nil {
				s.take(conn)
				continue
			}
			select {
			case <-s.done:
				return
			case <-time.After(acceptPause):
			}
		}
	})
}

// take begins with a connection, unless it is one too many.
func (s *streams) take(conn net.Conn) {
	t := newStream(s, conn)
	s.mu.Lock()
	source := sourceOf(t.from.Addr())
	if s.closed || len(s.open) >= maxStreams || s.waiting >= maxUnproved || s.unproved[source] >= maxUnprovedPerSource {
		s.mu.Unlock()
		s.socket.mux.refused.Add(1)
		_ = conn.Close()
		return
	}
	s.open[t.from] = t
	s.unproved[source]++
	s.waiting++
	s.running.Go(t.write)
	s.running.Go(t.read)
	s.mu.Unlock()
}

// prove frees the place of a connection among those that have not proved to be a browser's.
func (s *streams) prove(t *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	source := sourceOf(t.from.Addr())
	s.waiting--
	if s.unproved[source]--; s.unproved[source] == 0 {
		delete(s.unproved, source)
	}
}

func (s *streams) forget(t *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, t.from)
}

func (s *streams) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// LocalAddr is where browsers connect to.
func (s *streams) LocalAddr() netip.AddrPort { return s.local }

// Send queues a packet for the connection from an address.
func (s *streams) Send(datagram []byte, to netip.AddrPort) error {
	s.mu.Lock()
	t := s.open[to]
	s.mu.Unlock()
	if t == nil {
		return net.ErrClosed
	}
	return t.send(datagram)
}

// Close ends all connections and waits for their goroutines.
func (s *streams) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	if first {
		close(s.done)
	}
	for _, t := range s.open {
		_ = t.conn.Close()
	}
	s.mu.Unlock()
	err := s.listener.Close()
	s.running.Wait()
	if !first {
		return nil
	}
	return err //nolint:wrapcheck // the caller says what it is of
}
