package turn

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// writeTime is how long a client may take to read what is sent to it.
const writeTime = 10 * time.Second

// connections are those over TCP and TLS. Each has to have a relay, or soon get one.
type connections struct {
	patience        time.Duration
	most, perSource int

	mu       sync.Mutex // guards the following fields
	open     map[route]*connection
	bySource map[netip.Addr]int
	closed   bool
}

// route tells connections apart. One port of a client may have some to several of our ports, and speak to the same one
// over UDP.
type route struct {
	network     string // of net.Addr
	local, from netip.AddrPort
}

func routeOf(local, from net.Addr) route {
	return route{from.Network(), addressOf(local), addressOf(from)}
}

func newConnections(options Options) *connections {
	return &connections{
		patience: options.Patience, most: options.Most, perSource: options.PerSource,
		open: make(map[route]*connection), bySource: make(map[netip.Addr]int),
	}
}

// take counts a connection; nil if it is one too many, or too late.
func (c *connections) take(conn net.Conn) *connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	source := sourceOf(conn.RemoteAddr())
	if c.closed || len(c.open) >= c.most || c.bySource[source] >= c.perSource {
		return nil
	}
	made := &connection{Conn: conn, owner: c, route: routeOf(conn.LocalAddr(), conn.RemoteAddr())}
	made.limit = time.AfterFunc(c.patience, func() { _ = made.Close() })
	c.open[made.route] = made
	c.bySource[source]++
	return made
}

// serve lets a connection live that has a relay now, or ends one soon that has none any more.
func (c *connections) serve(local, from net.Addr, has bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch served := c.open[routeOf(local, from)]; {
	case served == nil: // over UDP
	case has:
		served.limit.Stop()
	default:
		served.limit.Reset(c.patience)
	}
}

func (c *connections) forget(gone *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, gone.route)
	add(c.bySource, sourceOf(gone.RemoteAddr()), -1)
}

// close ends all, and takes no more.
func (c *connections) close() {
	c.mu.Lock()
	c.closed = true
	all := make([]*connection, 0, len(c.open))
	for _, each := range c.open {
		all = append(all, each)
	}
	c.mu.Unlock()
	for _, each := range all {
		_ = each.Close()
	}
}

// connection is one of them.
type connection struct {
	net.Conn

	owner *connections
	route route
	limit *time.Timer // closes it
	once  sync.Once
}

// Write ends the connection of a client that does not read.
func (c *connection) Write(octets []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(writeTime))
	size, err := c.Conn.Write(octets)
	if err != nil {
		_ = c.Close()
	}
	return size, err //nolint:wrapcheck // a net.Conn
}

// Close frees its place.
func (c *connection) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		c.owner.forget(c)
		c.limit.Stop()
		err = c.Conn.Close()
	})
	return err
}
