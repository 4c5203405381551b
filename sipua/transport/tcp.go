package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sipbridge/source"
)

// ErrClosed is why a flow takes no more messages.
var ErrClosed = errors.New("transport: flow is closed")

// ErrSlowPeer is why a flow was closed: its peer reads slower than we send.
var ErrSlowPeer = errors.New("transport: peer does not read")

// TCPOptions configure a TCP listener and its connections. Zero fields mean the default.
type TCPOptions struct {
	// Receive takes the messages of each connection in order, from that connection's goroutine. While it
	// runs nothing is read from that connection. Required.
	Receive Receiver
	// Closed is told once of each flow that Receive may have seen, after its last message; default none.
	Closed func(Flow)
	// Advertised says where peers reach the listener; nil for at its own address.
	Advertised Advertiser
	// TLS makes a TLS transport of it; nil means TCP.
	TLS *TLS
	// Dial opens outgoing connections; default net.Dialer or tls.Dialer.
	Dial func(ctx context.Context, target Target) (net.Conn, error)
	// MaxMessage is the size of a message in bytes; default 16 KB.
	MaxMessage int
	// Handshake is how long the handshake of TLS may take; default 5 s.
	Handshake time.Duration
	// FirstMessage is how long a new peer may take for its first whole message; default 10 s.
	FirstMessage time.Duration
	// Completion is how long any later message may take from its first byte to its last; default 10 s.
	Completion time.Duration
	// Idle is how long a connection may be silent both ways before it is closed, unless it is kept; default 120 s.
	Idle time.Duration
	// Ping is how often a connection of our making is kept alive by a ping, at most; default 120 s.
	Ping time.Duration
	// Pong is how long a peer that answers pings may take to; default 10 s.
	Pong time.Duration
	// Write is how long one write may take, and the rest of the queue once the flow is closed; default 5 s.
	Write time.Duration
	// Connect is how long an outgoing connection may take; default 5 s.
	Connect time.Duration
	// Queue is how many messages may wait to be written; a peer that lets more pile up is dropped; default 256.
	Queue int
	// Rate is how many messages a second one source may send in the long run, over all its connections; one that sends
	// more loses the connection. Default 2000; a negative Rate is no limit.
	Rate float64
	// MaxConnections bounds the connections both ways; default 10000.
	MaxConnections int
	// MaxPerIP bounds the connections taken from one address (one IPv6 /64); default 100.
	MaxPerIP int
	// Logger takes what an operator must know; default none.
	Logger *slog.Logger
}

func (o TCPOptions) withDefaults() TCPOptions {
	o.MaxMessage = orDefault(o.MaxMessage, 16<<10)
	o.Handshake = orDefault(o.Handshake, 5*time.Second)
	o.FirstMessage = orDefault(o.FirstMessage, 10*time.Second)
	o.Completion = orDefault(o.Completion, 10*time.Second)
	o.Idle = orDefault(o.Idle, 120*time.Second)
	o.Ping = orDefault(o.Ping, 120*time.Second)
	o.Pong = orDefault(o.Pong, 10*time.Second)
	o.Write = orDefault(o.Write, 5*time.Second)
	o.Connect = orDefault(o.Connect, 5*time.Second)
	o.Queue = orDefault(o.Queue, 256)
	o.Rate = orDefault(o.Rate, 2000)
	o.MaxConnections = orDefault(o.MaxConnections, 10000)
	o.MaxPerIP = orDefault(o.MaxPerIP, 100)
	o.Logger = orDefault(o.Logger, slog.New(slog.DiscardHandler))
	if o.Closed == nil {
		o.Closed = func(Flow) {}
	}
	switch {
	case o.Dial != nil:
	case o.TLS != nil:
		o.Dial = o.dialTLS
	default:
		o.Dial = func(ctx context.Context, target Target) (net.Conn, error) {
			return dialer().DialContext(ctx, "tcp", target.Address.String())
		}
	}
	return o
}

// transport is the word in Via.
func (o TCPOptions) transport() string {
	if o.TLS != nil {
		return "TLS"
	}
	return "TCP"
}

// TCP is a listener and all connections of its transport, taken or begun. Each connection has one goroutine
// that reads and one that writes.
type TCP struct {
	options  TCPOptions
	listener net.Listener
	local    netip.AddrPort
	panics   *panicLog
	troubles rate.Sometimes // one line a second
	counts   tcpCounters
	limiter  *SourceLimiter // nil for no limit

	conns sync.WaitGroup // the goroutines of all connections

	mu      sync.Mutex // guards the following fields
	closed  bool       // no connection may be added
	flows   map[peerKey]*TCPFlow
	aliases map[peerKey]*TCPFlow // more names of connections taken, see TCPFlow.Alias
	perIP   map[netip.Addr]int   // connections taken, by source
}

// ListenTCP opens a listener on addr, such as "192.0.2.1:5060". Nothing is accepted before Run.
func ListenTCP(addr string, options TCPOptions) (*TCP, error) {
	listener, err := (&net.ListenConfig{KeepAliveConfig: keepAliveProbes()}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	return NewTCP(listener, options), nil
}

// NewTCP takes connections from a listener made elsewhere. Run closes it.
func NewTCP(listener net.Listener, options TCPOptions) *TCP {
	options = options.withDefaults()
	t := &TCP{
		options: options, listener: listener, local: addrPort(listener.Addr()), panics: newPanicLog(options.Logger),
		troubles: rate.Sometimes{Interval: time.Second},
		flows:    make(map[peerKey]*TCPFlow), aliases: make(map[peerKey]*TCPFlow), perIP: make(map[netip.Addr]int),
	}
	if options.Rate > 0 {
		t.limiter = NewSourceLimiter(options.Rate, int(2*options.Rate), limitedSources)
	}
	return t
}

// LocalAddr is the address that listens.
func (t *TCP) LocalAddr() netip.AddrPort { return t.local }

// Stats gives the counters.
func (t *TCP) Stats() TCPStats { return t.counts.snapshot() }

// Run accepts until ctx ends, then closes the listener and every connection, letting each write what waits,
// and returns when their goroutines are gone.
func (t *TCP) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = t.listener.Close() })
	err := t.accept(ctx)
	stop()
	_ = t.listener.Close()
	t.closeAll()
	t.conns.Wait()
	return err
}

// accept takes connections until the listener is closed. Any other error passes, as being out of descriptors does,
// which strangers can cause: it must not end the service.
func (t *TCP) accept(ctx context.Context) error {
	for ctx.Err() == nil {
		conn, err := t.listener.Accept()
		switch {
		case err == nil:
			t.take(ctx, conn)
		case ctx.Err() != nil:
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("transport: TCP %v: %w", t.local, err)
		default:
			t.counts.acceptErrors.Add(1)
			t.troubles.Do(func() {
				t.options.Logger.Error("connections can't be taken", "local", t.local, "error", err)
			})
			pause(ctx, 50*time.Millisecond)
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (t *TCP) closeAll() {
	t.mu.Lock()
	t.closed = true
	open := make([]*TCPFlow, 0, len(t.flows))
	for _, flow := range t.flows {
		open = append(open, flow)
	}
	t.mu.Unlock()
	for _, flow := range open {
		flow.Close()
	}
}

// take starts a connection that came in, if there is room for it.
func (t *TCP) take(ctx context.Context, conn net.Conn) {
	target := Target{Transport: t.options.transport(), Address: addrPort(conn.RemoteAddr())}
	flow, ctx := newTCPFlow(context.WithoutCancel(ctx), t, addrPort(conn.LocalAddr()), target)
	flow.conn = t.options.secure(conn)
	close(flow.connected)
	flow.source = source.Of(flow.remote.Addr())
	t.mu.Lock()
	added := t.add(flow)
	t.mu.Unlock()
	if !added {
		t.counts.refused.Add(1)
		_ = conn.Close()
		return
	}
	t.counts.accepted.Add(1)
	go flow.read(ctx, t.options.FirstMessage)
	go flow.write()
}
