package turn

import (
	"errors"
	"net"
	"sync"
	"time"
)

// acceptPause is how long to wait when the system has no more room for a connection.
const acceptPause = 100 * time.Millisecond

// listener takes connections as long as there is room.
type listener struct {
	net.Listener

	server *Server
	done   chan struct{} // closed by Close
	once   sync.Once
	ended  func()
}

func newListener(server *Server, from net.Listener) *listener {
	server.reading.Add(1)
	return &listener{
		Listener: from, server: server, done: make(chan struct{}), ended: sync.OnceFunc(server.reading.Done),
	}
}

// Accept gives a connection; those that are too many are closed. Its only error is net.ErrClosed, since pion takes
// each for the end of the listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			l.ended()
			return nil, err //nolint:wrapcheck // a net.Listener
		case err != nil:
			select {
			case <-l.done:
				l.ended()
				return nil, net.ErrClosed
			case <-time.After(acceptPause):
			}
			continue
		}
		if taken := l.server.connections.take(conn); taken != nil {
			return taken, nil
		}
		l.server.refused.Add(1)
		_ = conn.Close()
	}
}

// Close ends Accept.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close() //nolint:wrapcheck // a net.Listener
}
