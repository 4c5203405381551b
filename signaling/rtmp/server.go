package rtmp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"sipbridge/bridge"
	"sipbridge/source"
)

var _ bridge.Directory = (*Server)(nil)

// Server takes in Flash phones. It is the bridge.Directory of those that are connected.
type Server struct {
	options Options
	counts  counters
	changes *changes
	live    *LiveStreams

	// working waits for the goroutines of all connections.
	working sync.WaitGroup

	// mu guards what follows. While it is held, only the lock of changes is taken.
	mu    sync.Mutex
	conns map[*conn]struct{}
	// strangers counts connections that have not logged in, by source.
	strangers map[netip.Addr]int
	// guests is how many clients without a password there are.
	guests int
	users  map[string][]*conn // by "name@domain", the oldest first
	closed bool
}

// NewServer makes a Server. Nothing is accepted before Run.
func NewServer(options Options) *Server {
	return &Server{
		options: options.withDefaults(), changes: newChanges(options.Changed),
		live:  newLiveStreams(options.Live, options.Domain),
		conns: make(map[*conn]struct{}), strangers: make(map[netip.Addr]int), users: make(map[string][]*conn),
	}
}

// Run serves until ctx ends, and returns when all connections are closed and their goroutines gone.
func (s *Server) Run(ctx context.Context) error {
	var accepting, telling sync.WaitGroup
	gone := make(chan struct{})
	telling.Go(func() { s.changes.run(gone) })
	faults := make(chan error, len(s.options.Listeners))
	for _, listener := range s.options.Listeners {
		accepting.Go(func() { faults <- s.accept(listener) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-faults: // a listener that failed; the others end, too
	}
	for _, listener := range s.options.Listeners {
		if closing := listener.Close(); !errors.Is(closing, net.ErrClosed) {
			err = errors.Join(err, closing)
		}
	}
	accepting.Wait()
	s.closeAll()
	s.working.Wait()
	close(gone)
	telling.Wait()
	return err
}

// accept takes connections until the listener is closed.
func (s *Server) accept(listener net.Listener) error {
	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if temporary(err) {
			time.Sleep(acceptPause)
			continue
		}
		if err != nil {
			return err
		}
		s.welcome(connection)
	}
}

// acceptPause is how long is waited when the process has no more files, or the like.
const acceptPause = 50 * time.Millisecond

func temporary(err error) bool {
	var failed *net.OpError
	return errors.As(err, &failed) && failed.Temporary()
}

// welcome starts a connection unless there are too many.
func (s *Server) welcome(connection net.Conn) {
	client := newConn(s, connection)
	from := source.Of(client.remote)
	s.mu.Lock()
	if s.closed || len(s.conns) >= s.options.MaxConnections || s.strangers[from] >= s.options.MaxPerAddress {
		s.mu.Unlock()
		s.counts.refused.Add(1)
		_ = connection.Close() // there is nobody to tell
		return
	}
	s.conns[client] = struct{}{}
	s.strangers[from]++
	s.working.Go(client.run)
	s.mu.Unlock()
}

// forget is told by a connection that it is over.
func (s *Server) forget(client *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, client)
	s.known(client)
	if client.visits {
		s.guests--
	}
}

// known counts a client as a stranger no more. The caller holds mu.
func (s *Server) known(client *conn) {
	if client.familiar {
		return
	}
	client.familiar = true
	from := source.Of(client.remote)
	if s.strangers[from]--; s.strangers[from] <= 0 {
		delete(s.strangers, from)
	}
}

func (s *Server) closeAll() {
	s.mu.Lock()
	s.closed = true
	all := make([]*conn, 0, len(s.conns))
	for client := range s.conns {
		all = append(all, client)
	}
	s.mu.Unlock()
	for _, client := range all {
		client.close()
	}
}

// Lookup gives a target for each client of a user that is connected.
func (s *Server) Lookup(user, domain string) (targets []bridge.Target, known bool) {
	canonical, ok := s.options.Domain(domain)
	if !ok {
		return nil, false
	}
	address := user + "@" + canonical
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, client := range s.users[address] {
		targets = append(targets, bridge.Target{Endpoint: endpoint{client}, URI: "sip:" + address})
	}
	return targets, len(targets) > 0
}

// Live gives the streams that encoders publish.
func (s *Server) Live() *LiveStreams { return s.live }

// enter makes a client a device of its user. If he has too many, the oldest is likely to be a dead one.
func (s *Server) enter(client *conn, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known(client)
	s.users[user] = append(s.users[user], client)
	s.changes.note(user)
	if devices := s.users[user]; len(devices) > s.options.MaxDevices {
		devices[0].drop()
	}
}

// acquaint counts a client that has logged in as a stranger no more.
func (s *Server) acquaint(client *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known(client)
}

// leave takes it out again.
func (s *Server) leave(client *conn, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes.note(user)
	var others []*conn
	for _, device := range s.users[user] {
		if device != client {
			others = append(others, device)
		}
	}
	if len(others) == 0 {
		delete(s.users, user)
		return
	}
	s.users[user] = others
}
