package ws

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"sipbridge/sipua/transport"
)

// ErrClosed is why a connection takes no more messages.
var ErrClosed = errors.New("ws: connection is closed")

// ErrSlowClient is why a connection was closed: its client reads slower than we send.
var ErrSlowClient = errors.New("ws: client does not read")

// closeGrace is how long a client may take to answer our close frame.
const closeGrace = time.Second

// Conn is one connection, of a client to us or of ours to a server. It is safe for concurrent use and can be a map
// key. Its methods are those of a flow of the SIP user agent.
type Conn struct {
	core    *core
	socket  *websocket.Conn  // set before its goroutines start
	target  transport.Target // what we connected to, if we began
	began   bool
	secure  bool
	local   netip.AddrPort
	remote  netip.AddrPort
	limiter *rate.Limiter
	grant   grant

	queue chan frame
	done  chan struct{} // closed by the first end
	once  sync.Once
	code  int    // of our close frame; set before done is closed
	text  string // of our close frame; set before done is closed

	dropped atomic.Bool // what waits in the queue is not worth writing
	proven  atomic.Bool // the client has sent a SIP message
	sipML5  atomic.Bool // the client is sipML5

	mu      sync.Mutex // guards the socket's read deadline and the following fields
	closing bool       // our close frame is out, the deadline moves no more
	patient time.Time  // the deadline without a half message
	pending bool       // a message has begun; until it is whole the deadline moves no more
}

// frame is what the writer sends: a message, or a pong.
type frame struct {
	kind int
	data []byte
}

// grant is what the token of a connection says.
type grant struct {
	user  string
	until time.Time
}

func newConn(core *core, secure bool) *Conn {
	return &Conn{
		core: core, secure: secure || core.options.Secure,
		limiter: rate.NewLimiter(rate.Limit(core.options.Rate), core.options.Burst),
		queue:   make(chan frame, core.options.QueueLength), done: make(chan struct{}),
	}
}

// attach gives a connection that came in its socket, and what its token says.
func (c *Conn) attach(socket *websocket.Conn, granted grant) {
	c.socket, c.grant = socket, granted
	c.local, c.remote = addrPort(socket.LocalAddr()), addrPort(socket.RemoteAddr())
}

func addrPort(addr net.Addr) netip.AddrPort {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	a := tcp.AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// Transport is "WS" or "WSS", as Via names it (RFC 7118 section 5).
func (c *Conn) Transport() string {
	if c.secure {
		return "WSS"
	}
	return "WS"
}

// Target is what we connected to; false for a client's connection.
func (c *Conn) Target() (transport.Target, bool) { return c.target, c.began }

// LocalAddr is our end of the TCP connection; where we began it the port is 0.
func (c *Conn) LocalAddr() netip.AddrPort { return c.local }

// RemoteAddr is the other end: the browser's, or that of a proxy before it.
func (c *Conn) RemoteAddr() netip.AddrPort { return c.remote }

// Authorized gives the user that the token of the connection names, and when it ends; an empty user without one.
func (c *Conn) Authorized() (user string, until time.Time) { return c.grant.user, c.grant.until }

// Done is closed when no more messages are taken; what waits may still be on its way out.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Close takes no more messages, writes those that wait, and closes the connection with 1000. It returns at once.
func (c *Conn) Close() { c.end(websocket.CloseNormalClosure, "") }

// Send queues a message, which must not change afterwards. It never blocks: a client that lets the queue
// fill is dropped.
func (c *Conn) Send(message []byte) error {
	return c.enqueue(frame{kind: frameKind(message, c.sipML5.Load()), data: message})
}

func (c *Conn) isClosed() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *Conn) enqueue(f frame) error {
	if c.isClosed() {
		return ErrClosed
	}
	select {
	case c.queue <- f:
		return nil
	default:
		c.drop()
		return ErrSlowClient
	}
}

// end closes the connection with a close frame of this code; only the first end counts.
func (c *Conn) end(code int, text string) {
	c.once.Do(func() {
		c.code, c.text = code, text
		close(c.done)
	})
}

// drop ends the connection without writing what waits, because the client is slow.
func (c *Conn) drop() {
	if !c.dropped.Swap(true) {
		c.core.counts.slow.Add(1)
	}
	c.end(websocket.CloseTryAgainLater, "too slow")
}

// extend gives the client until after the next ping, unless the connection is closing.
func (c *Conn) extend(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.patient = time.Now().Add(d)
	if !c.closing && !c.pending {
		_ = c.socket.SetReadDeadline(c.patient) // fails only when reading would, too
	}
}

// finishWithin gives the client a time for the rest of a message; neither pongs nor fragments prolong it.
func (c *Conn) finishWithin(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = true
	if deadline := time.Now().Add(d); !c.closing && deadline.Before(c.patient) {
		_ = c.socket.SetReadDeadline(deadline)
	}
}

// finished tells that the message is whole.
func (c *Conn) finished() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = false
	if !c.closing {
		_ = c.socket.SetReadDeadline(c.patient)
	}
}

// hurry gives the client closeGrace to answer our close frame.
func (c *Conn) hurry() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing = true
	_ = c.socket.SetReadDeadline(time.Now().Add(closeGrace)) // fails only when reading would, too
}
