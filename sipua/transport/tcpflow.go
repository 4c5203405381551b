package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"
)

// TCPFlow is one TCP or TLS connection. It is a pointer, so each connection is its own map key.
type TCPFlow struct {
	tcp    *TCP
	local  netip.AddrPort
	remote netip.AddrPort
	target Target     // what we connected to, or its address where it came in
	key    peerKey    // its place in the table
	alias  peerKey    // guarded by tcp.mu: another one, or the zero value
	source netip.Addr // whose connection limit it counts against; zero if we began it

	conn  net.Conn // set before the goroutines start, or by connect before it starts the reader
	queue chan []byte

	connected chan struct{} // closed when conn is there

	close context.CancelFunc
	done  <-chan struct{} // closed by close

	peer    atomic.Pointer[x509.Certificate] // what the peer proved to be
	dropped atomic.Bool                      // what waits in the queue is not worth writing
	used    atomic.Int64                     // when something was last sent or received, Unix nanoseconds
	heard   atomic.Int64                     // when something was last received, Unix nanoseconds
	pinged  atomic.Bool                      // we have sent a keep-alive
	pongs   atomic.Bool                      // the peer has answered one
	kept    atomic.Int64                     // until when silence does not close it, Unix nanoseconds
}

var _ Flow = (*TCPFlow)(nil)

// newTCPFlow gives a flow and the context that ends with it.
func newTCPFlow(ctx context.Context, t *TCP, local netip.AddrPort, target Target) (*TCPFlow, context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	return &TCPFlow{
		tcp: t, local: local, remote: target.Address, target: target, key: peerKey{remote: target.Address},
		queue: make(chan []byte, t.options.Queue), connected: make(chan struct{}), close: cancel, done: ctx.Done(),
	}, ctx
}

// Transport is "TCP" or "TLS".
func (f *TCPFlow) Transport() string { return f.tcp.options.transport() }

// began tells whether the connection is of our making.
func (f *TCPFlow) began() bool { return !f.source.IsValid() }

// Target is what we connected to; false for a connection that came in.
func (f *TCPFlow) Target() (Target, bool) { return f.target, f.began() }

// Connected is closed once the connection has come about.
func (f *TCPFlow) Connected() <-chan struct{} { return f.connected }

// LocalAddr is our end, or the listener's address if we began the connection.
func (f *TCPFlow) LocalAddr() netip.AddrPort { return f.local }

// AdvertisedAddr is where the peer reaches us.
func (f *TCPFlow) AdvertisedAddr() netip.AddrPort { return f.tcp.options.Advertised.of(f) }

// RemoteAddr is the peer's end.
func (f *TCPFlow) RemoteAddr() netip.AddrPort { return f.remote }

// Done is closed when no more messages are taken; what waits may still be on its way out.
func (f *TCPFlow) Done() <-chan struct{} { return f.done }

// Close takes no more messages, writes those that wait within the write deadline, and closes the connection.
// It returns at once.
func (f *TCPFlow) Close() { f.close() }

// Keep keeps the connection open in silence until a time: for as long as a binding or a call needs it.
// A time before one given earlier changes nothing.
func (f *TCPFlow) Keep(until time.Time) {
	for wanted := until.UnixNano(); ; {
		have := f.kept.Load()
		if wanted <= have || f.kept.CompareAndSwap(have, wanted) {
			return
		}
	}
}

// Send queues a message, which must not change afterwards. A peer that lets the queue fill is dropped.
func (f *TCPFlow) Send(message []byte) error {
	if f.isClosed() {
		return ErrClosed
	}
	select {
	case f.queue <- message:
		return nil
	default:
		f.drop()
		return ErrSlowPeer
	}
}

func (f *TCPFlow) isClosed() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// drop closes without writing what waits, because the peer is slow.
func (f *TCPFlow) drop() {
	if !f.dropped.Swap(true) {
		f.tcp.counts.slow.Add(1)
	}
	f.Close()
}

// connect opens an outgoing connection, starts its reader and goes on as its writer.
func (f *TCPFlow) connect(ctx context.Context) {
	dialCtx, cancel := context.WithTimeout(ctx, f.tcp.options.Connect)
	conn, err := f.tcp.options.Dial(dialCtx, f.target)
	cancel()
	if err != nil {
		f.tcp.counts.dialErrors.Add(1)
		f.leave()
		f.tcp.conns.Add(-2) // neither the reader nor the writer will run
		return
	}
	f.conn = conn
	close(f.connected)
	f.learnPeer()
	go f.read(ctx, 0)
	f.write()
}

// write is the only writer. Once the flow is closed it writes what waits, and closes the connection, which
// ends the reader.
func (f *TCPFlow) write() {
	defer f.tcp.conns.Done()
	defer func() { _ = f.conn.Close() }()
	defer f.Close()
	pings := newPinger(f)
	defer pings.stop()
	for {
		select {
		case <-pings.due():
			if !pings.next() {
				return
			}
		case message := <-f.queue:
			if !f.writeOne(message, time.Now().Add(f.tcp.options.Write)) {
				return
			}
		case <-f.done:
			f.flush(time.Now().Add(f.tcp.options.Write))
			return
		}
	}
}

func (f *TCPFlow) flush(deadline time.Time) {
	for !f.dropped.Load() {
		select {
		case message := <-f.queue:
			if !f.writeOne(message, deadline) {
				return
			}
		default:
			return
		}
	}
}

func (f *TCPFlow) writeOne(message []byte, deadline time.Time) bool {
	if f.writeBytes(message, deadline) != nil {
		return false
	}
	f.tcp.counts.sent.Add(1)
	f.used.Store(time.Now().UnixNano())
	return true
}

// writeBytes drops a peer that does not read.
func (f *TCPFlow) writeBytes(data []byte, deadline time.Time) error {
	err := f.conn.SetWriteDeadline(deadline)
	if err == nil {
		_, err = f.conn.Write(data)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		f.drop()
	}
	return err
}

// leave ends the flow for the listener and its owner; called once, by the last to read.
func (f *TCPFlow) leave() {
	f.Close()
	f.tcp.remove(f)
	f.tcp.options.Closed(f)
}
