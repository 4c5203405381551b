package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// UDPOptions configure a UDP socket. Zero fields mean the default.
type UDPOptions struct {
	// Receive takes the datagrams, in order, from one goroutine. It must not block: while it runs nothing is
	// read, and the kernel drops what its buffer can't hold. Required.
	Receive Receiver
	// Undelivered is told of datagrams of ours that came back by an ICMP error: the flow, and as much of the datagram
	// as the error quotes. Anybody can send such an error, so only what it quotes says that it is true. It is called
	// from one goroutine; default none.
	Undelivered func(flow Flow, quoted []byte)
	// Advertised says where peers reach the socket; nil for at its own address.
	Advertised Advertiser
	// Buffer is the size of the kernel's receive and send buffer in bytes; default 4 MB, of which the
	// kernel may give less.
	Buffer int
	// Rate is how many datagrams a second one source may send in the long run; default 2000. A negative
	// Rate is no limit.
	Rate float64
	// Burst is how many datagrams one source may send at once; default twice the Rate.
	Burst int
	// Sources is how many sources the limit remembers at least; default 10000.
	Sources int
	// Logger takes what an operator must know; default none.
	Logger *slog.Logger
}

func (o UDPOptions) withDefaults() UDPOptions {
	o.Buffer = orDefault(o.Buffer, 4<<20)
	o.Rate = orDefault(o.Rate, 2000)
	o.Burst = orDefault(o.Burst, int(2*o.Rate))
	o.Sources = orDefault(o.Sources, limitedSources)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Undelivered == nil {
		o.Undelivered = func(Flow, []byte) {}
	}
	return o
}

func orDefault[T comparable](value, byDefault T) T {
	var zero T
	if value == zero {
		return byDefault
	}
	return value
}

// UDP is one socket. Its flows are small values made of the socket and the remote address, so no table
// grows with the number of peers. Everything is sent from the socket's own address.
type UDP struct {
	options UDPOptions
	conn    *net.UDPConn
	local   netip.AddrPort
	limiter *SourceLimiter // nil for no limit
	panics  *panicLog
	counts  udpCounters
	// questions are those that we ask by STUN.
	questions questions
	// undelivered are the datagrams that came back and were not told yet.
	undelivered chan undelivered
}

// ListenUDP opens a socket on addr, such as "192.0.2.1:5060". For flows to know their local address it should
// be a concrete one, not 0.0.0.0. Nothing is read before Run.
func ListenUDP(addr string, options UDPOptions) (*UDP, error) {
	options = options.withDefaults()
	resolved, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("transport: UDP address: %w", err)
	}
	conn, err := net.ListenUDP("udp", resolved)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	// The kernel may refuse sizes above its limit; the socket works with less.
	if err := errors.Join(conn.SetReadBuffer(options.Buffer), conn.SetWriteBuffer(options.Buffer)); err != nil {
		options.Logger.Warn("UDP socket keeps the system's buffer sizes", "addr", addr, "error", err)
	}
	if err := askForErrors(conn); err != nil {
		options.Logger.Warn("UDP socket hears of no ICMP errors", "addr", addr, "error", err)
	}
	u := &UDP{
		options: options, conn: conn, local: addrPort(conn.LocalAddr()), panics: newPanicLog(options.Logger),
		undelivered: make(chan undelivered, undeliveredQueue),
	}
	if options.Rate > 0 {
		u.limiter = NewSourceLimiter(options.Rate, options.Burst, options.Sources)
	}
	return u, nil
}

// addrPort gives a socket address in its plain form, IPv4 never mapped to IPv6.
func addrPort(addr net.Addr) netip.AddrPort {
	switch a := addr.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	default:
		return netip.AddrPort{}
	}
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// LocalAddr is the socket's address, with the port that the system chose if none was given.
func (u *UDP) LocalAddr() netip.AddrPort { return u.local }

// FlowTo gives the flow from this socket to remote. It costs nothing and need not be closed.
func (u *UDP) FlowTo(remote netip.AddrPort) Flow { return udpFlow{socket: u, remote: unmap(remote)} }

// Stats gives the counters.
func (u *UDP) Stats() UDPStats { return u.counts.snapshot() }

// Run reads until ctx ends, and then closes the socket. It returns nil after that, or the error that keeps
// the socket from being read.
func (u *UDP) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = u.conn.Close() })
	defer stop()
	defer func() { _ = u.conn.Close() }()
	reading, stopTelling := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() { u.tellUndelivered(reading) })
	defer telling.Wait()
	defer stopTelling()
	return u.read(ctx)
}

// read reads until ctx ends or the socket breaks.
func (u *UDP) read(ctx context.Context) error {
	buffer := make([]byte, 65535)
	for failures := 0; ctx.Err() == nil; {
		n, remote, err := u.conn.ReadFromUDPAddrPort(buffer)
		switch {
		case err == nil:
			failures = 0
			u.datagram(buffer[:n], unmap(remote))
		case ctx.Err() != nil:
		case ofEarlierDatagram(err): // others can cause as many as they like
			u.takeErrors()
		default:
			if failures++; failures == 100 {
				return fmt.Errorf("transport: UDP %v: %w", u.local, err)
			}
		}
	}
	return nil
}

// datagram passes on what may be SIP. The limit comes first, so that a flood costs one look-up each.
func (u *UDP) datagram(data []byte, remote netip.AddrPort) {
	if u.limiter != nil && !u.limiter.Allow(remote.Addr(), time.Now()) {
		u.counts.limited.Add(1)
		return
	}
	if answer, ok := stunAnswer(data, remote); ok {
		u.counts.pings.Add(1)
		_, _ = u.conn.WriteToUDPAddrPort(answer, remote) // who misses it asks again
		return
	}
	if u.questions.take(data, remote) {
		return
	}
	if !looksLikeSIP(data) || remote.Port() == 0 {
		u.counts.junk.Add(1)
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			u.counts.panics.Add(1)
			u.panics.tell(u.local, cause)
		}
	}()
	u.counts.received.Add(1)
	u.options.Receive(u.FlowTo(remote), bytes.Clone(data))
}

// looksLikeSIP is a cheap look at the first line: a request's or a response's has "SIP/" in it. What passes
// is read with care; what doesn't is a scan, a keep-alive or another protocol.
func looksLikeSIP(data []byte) bool {
	data = bytes.TrimLeft(data, "\r\n")
	line, _, found := bytes.Cut(data, []byte("\r\n"))
	return found && bytes.Contains(bytes.ToUpper(line), []byte("SIP/"))
}

// udpFlow is the way from a socket to one address.
type udpFlow struct {
	socket *UDP
	remote netip.AddrPort
}

func (f udpFlow) Transport() string         { return "UDP" }
func (f udpFlow) LocalAddr() netip.AddrPort { return f.socket.local }
func (f udpFlow) AdvertisedAddr() netip.AddrPort {
	return f.socket.options.Advertised.of(f)
}
func (f udpFlow) RemoteAddr() netip.AddrPort { return f.remote }
func (f udpFlow) Done() <-chan struct{}      { return nil }
func (f udpFlow) Close()                     {}

// sendTries is how often a datagram is tried, since the errors of earlier ones may come instead of its own: many phones
// may be gone at once.
const sendTries = 10

// Send writes the datagram at once: the socket's buffer is the queue.
func (f udpFlow) Send(message []byte) error {
	var err error
	for range sendTries {
		if _, err = f.socket.conn.WriteToUDPAddrPort(message, f.remote); err == nil {
			f.socket.counts.sent.Add(1)
			return nil
		}
		if !ofEarlierDatagram(err) {
			break
		}
		f.socket.takeErrors()
	}
	f.socket.counts.sendErrors.Add(1)
	return fmt.Errorf("transport: %w", err)
}
