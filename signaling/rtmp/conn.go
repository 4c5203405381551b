package rtmp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/handshake"
)

const (
	// queueSize is how many messages may wait to be written: five seconds of sound.
	queueSize = 256
	// outgoingChunk is the size of our chunks, in bytes: sound and commands need one.
	outgoingChunk = 4096
	// windowSize is after how many bytes each side acknowledges what came.
	windowSize = 1 << 20
	// minWindow keeps a client from being told of every byte.
	minWindow = 4 << 10
	// goodbye is how long a client that was rejected may take to close.
	goodbye = 2 * time.Second

	commandStream = 3 // our chunk stream for commands; those of sound are beyond
	// Commands a second, and audio messages a second, that a client may send.
	commandRate, commandBurst = 20, 60
	audioRate, audioBurst     = 200, 400
)

// What ends a connection besides what happens on its socket.
var (
	errOrder = errors.New("rtmp: a command before connect")
	errFlood = errors.New("rtmp: too many commands")
	// errSilent ends a client that acknowledges nothing any more.
	errSilent = errors.New("rtmp: no acknowledgement")
)

// conn is a connection of one client.
type conn struct {
	server *Server
	socket net.Conn
	remote netip.Addr
	began  time.Time
	// out is what waits to be written.
	out chan outgoing
	// playout is sound that waits for its time.
	playout *playout
	// done is closed by drop.
	done    chan struct{}
	closing sync.Once
	// playing is the message stream on which the client hears; 0 if it plays none.
	playing atomic.Uint32
	// sending bounds what is on its way to the client.
	sending window
	// heard is when the last message came, as clock says it.
	heard atomic.Uint32
	// unshown counts pictures that were left out on their way to the client.
	unshown atomic.Uint32
	// deaf tells that it wants to hear nothing for now.
	deaf atomic.Bool

	// familiar tells that it is no stranger to server, whose mu guards it.
	familiar bool
	// visits tells that it is one of the guests; likewise.
	visits bool

	// ---- owned by the goroutine that reads ----

	reader        *chunk.Reader
	window, acked uint32
	commands      *rate.Limiter
	audio, video  *rate.Limiter
	camera        camera
	recoder       recoder
	// refusedSound tells that the client was told that its sound is not understood.
	refusedSound bool
	// publisher is what the client is if it is an encoder; else nil.
	publisher *publisher
	// unregister ends the registration at the server of the client's domain; nil if there is none. working are the
	// goroutine that keeps it, and those of conferences.
	unregister context.CancelFunc
	working    sync.WaitGroup

	// mu guards all that follows, and the state of the connection's legs. It is held for arithmetic and for putting
	// messages into out and events into legs, none of which waits.
	mu sync.Mutex
	// connected tells that connect was accepted, and words in which vocabulary the client speaks.
	connected bool
	words     words
	// calls are the legs that have not ended, by their names.
	calls map[string]*leg
	// user is "name@domain" once the client has logged in.
	user    string
	display string
	// guest is what it is without a password; else nil.
	guest *guest
	// login proves the user to the server of his domain, in his calls; nil for a user of our own.
	login    any
	rejected bool
	over     bool
	amf3     bool
	// texts tells that the client knows the callbacks for messages, outcomes that it wants to hear of the fate of its own.
	texts, outcomes bool
	// sets are the parameter sets of the client's pictures, as spropSets gives them; empty before they came.
	sets string
	// serial numbers our calls of the client.
	serial float64
	// streams has the message streams that exist; publishing is the one on which the client speaks, under the name
	// published.
	streams    map[uint32]bool
	lastStream uint32
	publishing uint32
	published  string
	// conference is the one that two of the calls are in; nil if there is none.
	conference *conference
	// active is the call that the client placed or accepted; pending one that rings at the client.
	active, pending *leg
}

// outgoing is a message on its way out.
type outgoing struct {
	chunkStream uint32
	message     chunk.Message
	// last tells to write nothing more behind it.
	last bool
}

func newConn(server *Server, socket net.Conn) *conn {
	c := &conn{
		server: server, socket: socket, began: time.Now(),
		out: make(chan outgoing, queueSize), playout: newPlayout(), done: make(chan struct{}),
		window:   windowSize,
		commands: rate.NewLimiter(commandRate, commandBurst), audio: rate.NewLimiter(audioRate, audioBurst),
		video: rate.NewLimiter(videoRate, videoBurst), camera: newCamera(), recoder: newRecoder(),
		serial: 1, streams: make(map[uint32]bool), calls: make(map[string]*leg),
	}
	c.words = siprtmp{c}
	c.sending.size.Store(windowSize)
	if address, err := netip.ParseAddrPort(socket.RemoteAddr().String()); err == nil {
		c.remote = address.Addr().Unmap()
	}
	c.reader = chunk.NewReader(socket, chunk.ReaderOptions{Skip: c.skips, MaxVideo: maxPicture})
	return c
}

// run is the life of the connection.
func (c *conn) run() {
	defer c.server.forget(c)
	var writing sync.WaitGroup
	err := c.open()
	if err == nil {
		writing.Go(func() { c.contain(c.write) })
		c.contain(func() { err = c.read() })
	}
	c.close()
	writing.Wait()
	c.contain(c.leave)
	if c.unregister != nil {
		c.unregister()
	}
	c.working.Wait()
	if ended(err) {
		return
	}
	c.server.counts.malformed.Add(1)
	c.server.options.Logger.LogAttrs(context.Background(), levelOfBadInput, "rtmp connection ended",
		attributes(c.remote, err)...)
}

// contain lets a fault in the program end this connection and no other.
func (c *conn) contain(work func()) {
	defer func() {
		if fault := recover(); fault != nil {
			c.server.counts.panics.Add(1)
			c.server.options.Logger.Error("rtmp connection panicked", "fault", fault, "stack", string(debug.Stack()))
			c.close()
		}
	}()
	work()
}

// ended tells the errors of a connection that is simply over.
func ended(err error) bool {
	var failed net.Error
	return err == nil || errors.Is(err, errPolicy) || errors.Is(err, io.EOF) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &failed)
}

// drop makes the writing goroutine end the connection. It may be called by any goroutine, also under a lock.
func (c *conn) drop() { c.closing.Do(func() { close(c.done) }) }

// close ends the connection. It may be called by any goroutine.
func (c *conn) close() {
	c.drop()
	_ = c.socket.Close() // nothing more is expected of it
}

// open does the handshake.
func (c *conn) open() error {
	if err := c.socket.SetDeadline(time.Now().Add(c.server.options.HandshakeTimeout)); err != nil {
		return err
	}
	hello, err := c.first()
	if err != nil {
		return err
	}
	if err := handshake.Server(readWriter{hello, c.socket}); err != nil {
		return err
	}
	return c.socket.SetDeadline(time.Now().Add(c.server.options.ConnectTimeout))
}

// readWriter is a connection of which something was read already.
type readWriter struct {
	io.Reader
	io.Writer
}

// read takes messages until the connection ends.
func (c *conn) read() error {
	for {
		message, err := c.reader.ReadMessage()
		if err != nil {
			return err
		}
		c.heard.Store(c.clock())
		if err := c.handle(message); err != nil {
			return err
		}
		c.acknowledge()
		if err := c.extend(); err != nil {
			return err
		}
	}
}

// extend gives a client that has logged in more time.
func (c *conn) extend() error {
	if !c.known() {
		return nil
	}
	return c.socket.SetReadDeadline(time.Now().Add(c.server.options.IdleTimeout))
}

// acknowledge tells the client what came: Flash stops sending if nobody does.
func (c *conn) acknowledge() {
	if received := c.reader.Received(); received-c.acked >= c.window/2 {
		c.acked = received
		c.send(chunk.Number(chunk.Acknowledgement, received))
	}
}

// clock is the time of the connection in milliseconds.
func (c *conn) clock() uint32 { return uint32(time.Since(c.began).Milliseconds()) }

// silent tells whether nothing came for so long that the client is likely to be gone: an encoder that lives sends many
// messages a second. That it really is gone is known after the idle timeout alone.
func (c *conn) silent() bool {
	quiet := int32(c.clock() - c.heard.Load()) // below 0 if one came just now
	return time.Duration(quiet)*time.Millisecond > c.server.options.IdleTimeout/6
}
