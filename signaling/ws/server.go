package ws

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"sipbridge/source"
)

// subprotocol is what RFC 7118 section 4 registers.
const subprotocol = "sip"

// Server takes WebSocket connections of SIP clients. Mount it on a path of an HTTP/1.1 server.
type Server struct {
	*core

	upgrader websocket.Upgrader

	running  sync.WaitGroup // all connections and handshakes
	refusals rate.Sometimes // one line a second

	mu     sync.Mutex // guards the following fields
	closed bool       // no connection may be added
	taken  int        // connections and handshakes
	conns  map[*Conn]struct{}
	perIP  map[netip.Addr]int
}

// NewServer makes a server. It needs no Run to take connections, but only Run ends them.
func NewServer(options Options) *Server {
	core := newCore(options)
	return &Server{
		core: core,
		upgrader: websocket.Upgrader{
			HandshakeTimeout: core.options.HandshakeTimeout,
			Subprotocols:     []string{subprotocol},
			WriteBufferPool:  new(sync.Pool),
			CheckOrigin:      func(*http.Request) bool { return true }, // done before
		},
		refusals: rate.Sometimes{Interval: time.Second},
		conns:    make(map[*Conn]struct{}),
		perIP:    make(map[netip.Addr]int),
	}
}

// Run waits until ctx ends. Then it takes no more connections, closes those there are with 1001 (going
// away), each after what waits in its queue, and returns when their goroutines are gone.
func (s *Server) Run(ctx context.Context) error {
	<-ctx.Done()
	s.mu.Lock()
	s.closed = true
	open := make([]*Conn, 0, len(s.conns))
	for conn := range s.conns {
		open = append(open, conn)
	}
	s.mu.Unlock()
	for _, conn := range open {
		conn.end(websocket.CloseGoingAway, "shutting down")
	}
	s.running.Wait()
	return nil
}

// ServeHTTP answers a handshake (RFC 6455 section 4.2), and leaves the connection to Run. It refuses with 403 a
// page that is not allowed, with 401 a bad access token, with 400 a client without the subprotocol "sip", and with
// 503 what is above a limit.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !originAllowed(r, s.options.Origins) && !s.welcome(r) {
		s.counts.refusedOrigin.Add(1)
		s.refuse(w, r, http.StatusForbidden, "this page may not connect: its origin is not allowed")
		return
	}
	if !slices.Contains(websocket.Subprotocols(r), subprotocol) {
		s.counts.refusedOther.Add(1)
		s.refuse(w, r, http.StatusBadRequest, "a WebSocket with the subprotocol sip is served here")
		return
	}
	granted, err := s.authorize(r)
	if err != nil {
		s.counts.refusedToken.Add(1)
		s.refuse(w, r, http.StatusUnauthorized, "the access token is not valid")
		return
	}
	from := sourceOf(r)
	if !s.enter(from) {
		s.counts.refusedBusy.Add(1)
		w.Header().Set("Retry-After", "5")
		s.refuse(w, r, http.StatusServiceUnavailable, "too many connections")
		return
	}
	socket, err := s.upgrader.Upgrade(w, r, nil) // has answered if it fails
	if err != nil {
		s.counts.refusedOther.Add(1)
		s.leave(from)
		return
	}
	s.counts.accepted.Add(1)
	conn := newConn(s.core, r.TLS != nil)
	conn.attach(socket, granted)
	go func() { // so that the request and the buffers of HTTP are not kept for the life of the connection
		defer s.leave(from)
		s.run(conn)
	}()
}

// refuse answers a handshake that gets no connection, and tells the operator, who may have forgotten to allow a page.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	origin := r.Header.Get("Origin")
	s.refusals.Do(func() {
		s.options.Logger.Info("WebSocket refused", "remote", r.RemoteAddr, "origin", origin[:min(len(origin), mostOrigin)],
			"status", status, "why", why)
	})
	http.Error(w, why, status)
}

// mostOrigin is how much of an origin is logged, in bytes.
const mostOrigin = 200

// welcome tells whether the token of a handshake lets a page of its origin connect.
func (s *Server) welcome(r *http.Request) bool {
	origins, token := r.Header.Values("Origin"), r.URL.Query().Get(tokenParameter)
	return s.options.Welcome != nil && len(origins) == 1 && token != "" && s.options.Welcome(origins[0], token)
}

// tokenParameter names the token in the URL.
const tokenParameter = "access_token"

// authorize reads the token of a handshake, if there is one. It stands in the URL (RFC 6750 section 2.3), because a
// page can set no header of a handshake.
func (s *Server) authorize(r *http.Request) (grant, error) {
	token := r.URL.Query().Get(tokenParameter)
	if token == "" || s.options.Authorize == nil {
		return grant{}, nil
	}
	user, until, err := s.options.Authorize(token)
	return grant{user: user, until: until}, err
}

// run serves a connection until it ends.
func (s *Server) run(conn *Conn) {
	if !s.add(conn) {
		conn.end(websocket.CloseGoingAway, "shutting down")
	}
	s.serve(conn)
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
	s.options.Closed(conn)
}

func (s *Server) add(conn *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = struct{}{}
	return !s.closed
}

// enter counts a handshake, if the limits allow it. from is the zero Addr if it has no limit of its own.
func (s *Server) enter(from netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.taken >= s.options.MaxConnections {
		return false
	}
	if from.IsValid() {
		if s.perIP[from] >= s.options.MaxPerIP {
			return false
		}
		s.perIP[from]++
	}
	s.taken++
	s.running.Add(1)
	return true
}

func (s *Server) leave(from netip.Addr) {
	s.mu.Lock()
	s.taken--
	if from.IsValid() {
		if s.perIP[from]--; s.perIP[from] == 0 {
			delete(s.perIP, from)
		}
	}
	s.mu.Unlock()
	s.running.Done()
}

// sourceOf gives whose limit a request counts against: its source, or nobody for loopback.
func sourceOf(r *http.Request) netip.Addr {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	if remote.Addr().Unmap().IsLoopback() {
		return netip.Addr{}
	}
	return source.Of(remote.Addr())
}
