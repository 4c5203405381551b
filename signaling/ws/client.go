package ws

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"sipbridge/sipua/transport"
)

const (
	// clientPath is where servers take SIP over WebSocket unless they say another path: Asterisk wants it so. A SIP URI
	// cannot name one (RFC 7118 section 5.2).
	clientPath = "/ws"
	// connectTime is how long a connection to a server may take, with its handshakes.
	connectTime = 5 * time.Second
)

var errSubprotocol = errors.New("ws: the server does not speak SIP")

// Client makes connections to SIP servers over WebSocket (RFC 7118): the trunk that takes nothing else, or stands
// behind a proxy of the web. Each connection has one goroutine that reads and one that writes.
type Client struct {
	*core

	secure *tls.Config
	paths  map[string]string // never changes

	running sync.WaitGroup // the goroutines of all connections

	mu     sync.Mutex // guards the following fields
	closed bool       // no connection may be added
	conns  map[transport.Target]*Conn
}

// NewClient makes a client. Of the options those for taking connections mean nothing. secure says whom we believe on
// WSS; the name that the server must prove is the target's. paths are where servers take SIP, by that name in lower
// case; others take it at /ws.
func NewClient(options Options, secure *tls.Config, paths map[string]string) *Client {
	return &Client{
		core: newCore(options), secure: secure, paths: paths, conns: make(map[transport.Target]*Conn),
	}
}

// Carries tells that it makes connections of WS and WSS.
func (c *Client) Carries(word string) bool { return word == "WS" || word == "WSS" }

// Run waits until ctx ends, closes all connections, each after what waits in its queue, and returns when their
// goroutines are gone.
func (c *Client) Run(ctx context.Context) error {
	<-ctx.Done()
	c.mu.Lock()
	c.closed = true
	for _, conn := range c.conns {
		conn.end(websocket.CloseGoingAway, "shutting down")
	}
	c.mu.Unlock()
	c.running.Wait()
	return nil
}

// FlowTo gives the connection to a target: the one that is open, or a new one. It returns at once; a new one connects
// in its own goroutine while messages wait in its queue, and is closed if that fails.
func (c *Client) FlowTo(target transport.Target) (transport.Flow, error) {
	target = target.Plain()
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn := c.conns[target]; conn != nil && !conn.isClosed() {
		return conn, nil
	}
	if c.closed || len(c.conns) >= c.options.MaxConnections {
		return nil, fmt.Errorf("ws: no connection to %v: %w", target.Address, ErrClosed)
	}
	conn := newClientConn(c.core, target)
	c.conns[target] = conn
	c.running.Go(func() {
		defer c.leave(conn)
		c.run(conn)
	})
	return conn, nil
}

// run connects, and serves the connection until it ends.
func (c *Client) run(conn *Conn) {
	socket, err := c.dial(conn.target)
	if err != nil {
		c.counts.dialErrors.Add(1)
		c.options.Logger.Warn("no WebSocket to a SIP server", "address", conn.target.Address, "error", err)
		conn.end(websocket.CloseAbnormalClosure, "")
		return
	}
	conn.socket = socket
	c.serve(conn)
}

func (c *Client) leave(conn *Conn) {
	c.mu.Lock()
	if c.conns[conn.target] == conn {
		delete(c.conns, conn.target)
	}
	c.mu.Unlock()
	c.options.Closed(conn)
}

// dial connects and does the handshake (RFC 6455 section 4.1).
func (c *Client) dial(target transport.Target) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), connectTime)
	defer cancel()
	scheme, secure := "ws", c.secure.Clone()
	if target.Transport == "WSS" {
		scheme, secure.ServerName = "wss", target.Name()
	}
	dialer := websocket.Dialer{
		Subprotocols: []string{subprotocol}, TLSClientConfig: secure, HandshakeTimeout: connectTime,
		NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", target.Address.String())
		},
	}
	host := net.JoinHostPort(target.Name(), strconv.Itoa(int(target.Address.Port())))
	server := url.URL{Scheme: scheme, Host: host, Path: cmp.Or(c.paths[target.Name()], clientPath)}
	socket, response, err := dialer.DialContext(ctx, server.String(), nil)
	if response != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("ws: connect: %w", err)
	}
	if socket.Subprotocol() != subprotocol {
		return nil, errors.Join(errSubprotocol, socket.Close())
	}
	return socket, nil
}

// newClientConn makes a connection that is still to be made. Its own end has no port to which the server could connect,
// so Via and Contact name none: all of the server's messages come on this connection.
func newClientConn(core *core, target transport.Target) *Conn {
	conn := newConn(core, target.Transport == "WSS")
	conn.local = netip.AddrPortFrom(transport.SourceFor(target.Address), 0)
	conn.remote, conn.target, conn.began = target.Address, target, true
	conn.proven.Store(true) // who was called need not prove that he means it
	return conn
}
