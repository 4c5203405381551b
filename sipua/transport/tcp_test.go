package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"sipbridge/sipua/transport"
)

func listenTCP(t *testing.T, options transport.TCPOptions) *transport.TCP {
	t.Helper()
	listener, err := transport.ListenTCP("127.0.0.1:0", options)
	if err != nil {
		t.Fatal(err)
	}
	run(t, listener)
	return listener
}

func TestTCPBothWays(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	listener := listenTCP(t, transport.TCPOptions{Receive: in.receive})
	peer := dial(t, listener.LocalAddr())
	write(t, peer, message("one")[:20])
	write(t, peer, message("one")[20:]+message("two")+"\r\n\r\n")
	first, second := in.next(t), in.next(t)
	if first.message != message("one") || second.message != message("two") || first.flow != second.flow {
		t.Errorf("got %q, %q", first.message, second.message)
	}
	if err := first.flow.Send([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("\r\nanswer"))
	if _, err := io.ReadFull(peer, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(got, []byte("answer")) || !bytes.Contains(got, []byte("\r\n")) {
		t.Errorf("got %q, want the answer and the answer to the keep-alive", got)
	}
	if again, err := listener.FlowTo(to(first.flow.RemoteAddr())); err != nil || again != first.flow {
		t.Errorf("the open connection is not used again: %v", err)
	}
}

func TestTCPDial(t *testing.T) {
	t.Parallel()
	near, far := make(inbox, 10), make(inbox, 10)
	a := listenTCP(t, transport.TCPOptions{Receive: near.receive})
	b := listenTCP(t, transport.TCPOptions{Receive: far.receive})
	flow, err := a.FlowTo(to(b.LocalAddr()))
	if err != nil {
		t.Fatal(err)
	}
	if err := flow.Send([]byte(message("hello"))); err != nil {
		t.Fatal(err)
	}
	got := far.next(t)
	if got.message != message("hello") {
		t.Errorf("got %q", got.message)
	}
	if err := got.flow.Send([]byte(message("hi"))); err != nil {
		t.Fatal(err)
	}
	if back := near.next(t); back.message != message("hi") || back.flow != flow {
		t.Errorf("got %q", back.message)
	}
	if flow.LocalAddr() != a.LocalAddr() || flow.RemoteAddr() != b.LocalAddr() {
		t.Errorf("flow from %v to %v", flow.LocalAddr(), flow.RemoteAddr())
	}
}

func TestTCPDialFails(t *testing.T) {
	t.Parallel()
	closed := make(chan transport.Flow, 1)
	listener := listenTCP(t, transport.TCPOptions{
		Receive: make(inbox, 1).receive, Closed: func(f transport.Flow) { closed <- f }, Connect: time.Millisecond,
		Dial: func(ctx context.Context, _ transport.Target) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	flow, err := listener.FlowTo(to(netip.MustParseAddrPort("192.0.2.1:5060")))
	if err != nil {
		t.Fatal(err)
	}
	<-flow.Done()
	if got := <-closed; got != flow {
		t.Error("another flow was closed")
	}
	if err := flow.Send(nil); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Send: %v", err)
	}
	eventually(t, "no connection left", func() bool { return listener.Stats().Open == 0 })
	if stats := listener.Stats(); stats.DialErrors != 1 {
		t.Errorf("stats %+v", stats)
	}
}

// TestTCPStopsDialing: a connection being made must not hold up the end.
func TestTCPStopsDialing(t *testing.T) {
	t.Parallel()
	listener, err := transport.ListenTCP("127.0.0.1:0", transport.TCPOptions{
		Receive: make(inbox, 1).receive, Connect: time.Hour,
		Dial: func(ctx context.Context, _ transport.Target) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, listener)
	if _, err := listener.FlowTo(to(netip.MustParseAddrPort("192.0.2.1:5060"))); err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := listener.FlowTo(to(netip.MustParseAddrPort("192.0.2.1:5060"))); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("FlowTo after the end: %v", err)
	}
}

func TestTCPSilentAndHalf(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	listener := listenTCP(t, transport.TCPOptions{
		Receive: in.receive, FirstMessage: 3 * time.Second, Completion: 300 * time.Millisecond, MaxPerIP: 3000,
	})
	const silent = 2000
	for i := range silent {
		conn := dial(t, listener.LocalAddr())
		if i%2 == 0 {
			write(t, conn, "REGISTER sip:a SIP/2.0\r\nl: 9999\r\n\r\nhalf")
		}
	}
	good := dial(t, listener.LocalAddr())
	write(t, good, message("hello"))
	in.next(t)
	late := dial(t, listener.LocalAddr())
	write(t, late, message("hello")+"REGISTER sip:")
	in.next(t)
	eventually(t, "the silent ones closed", func() bool { return listener.Stats().TimedOut == silent+1 })
	eventually(t, "only the good one open", func() bool { return listener.Stats().Open == 1 })
}

// TestTCPDripping: a byte now and then does not keep a half message alive.
func TestTCPDripping(t *testing.T) {
	t.Parallel()
	listener := listenTCP(t, transport.TCPOptions{
		Receive: make(inbox, 1).receive, FirstMessage: 200 * time.Millisecond,
	})
	peer := dial(t, listener.LocalAddr())
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for range 4000 {
		if _, err := peer.Write([]byte("x")); err != nil {
			break
		}
		if listener.Stats().TimedOut == 1 {
			return
		}
		<-ticker.C
	}
	if stats := listener.Stats(); stats.TimedOut != 1 {
		t.Errorf("stats %+v", stats)
	}
}

func TestTCPIdleAndKeep(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	listener := listenTCP(t, transport.TCPOptions{Receive: in.receive, Idle: time.Second})
	idle, kept := dial(t, listener.LocalAddr()), dial(t, listener.LocalAddr())
	write(t, kept, message("kept"))
	flow, ok := in.next(t).flow.(*transport.TCPFlow)
	if !ok {
		t.Fatal("not a TCPFlow")
	}
	flow.Keep(time.Now().Add(time.Hour))
	flow.Keep(time.Now())
	write(t, idle, message("idle"))
	in.next(t)
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the idle connection is not closed: %v", err)
	}
	write(t, kept, message("still here"))
	in.next(t)
	eventually(t, "only the kept one open", func() bool {
		stats := listener.Stats()
		return stats.TimedOut == 1 && stats.Open == 1
	})
}

func TestTCPNeverReadingPeer(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	listener := listenTCP(t, transport.TCPOptions{Receive: in.receive, Write: time.Second, Queue: 10})
	peer := dial(t, listener.LocalAddr())
	write(t, peer, message("hello"))
	flow := in.next(t).flow
	big := make([]byte, 1<<20)
	eventually(t, "the queue full", func() bool { return flow.Send(big) != nil })
	<-flow.Done()
	eventually(t, "the connection gone", func() bool { return listener.Stats().Open == 0 })
	if stats := listener.Stats(); stats.Slow != 1 {
		t.Errorf("stats %+v", stats)
	}
}

func TestTCPBrokenStreamIsAnsweredAndClosed(t *testing.T) {
	t.Parallel()
	answer := func(flow transport.Flow, _ []byte) { _ = flow.Send([]byte("SIP/2.0 400 ")) }
	for name, stream := range map[string]string{
		"two lengths": "A\r\nl: 1\r\nl: 2\r\n\r\nx",
		"negative":    "A\r\nl: -1\r\n\r\n",
		"too large":   "A\r\nl: 99999\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener := listenTCP(t, transport.TCPOptions{Receive: answer})
			peer := dial(t, listener.LocalAddr())
			write(t, peer, stream)
			got, err := io.ReadAll(peer)
			if err != nil || string(got) != "SIP/2.0 400 " {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestTCPEndlessHead(t *testing.T) {
	t.Parallel()
	listener := listenTCP(t, transport.TCPOptions{Receive: make(inbox, 1).receive})
	peer := dial(t, listener.LocalAddr())
	_, _ = peer.Write([]byte(strings.Repeat("x", 1<<20)))
	eventually(t, "the stream refused", func() bool { return listener.Stats().Malformed == 1 })
}

func TestTCPLimits(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	listener := listenTCP(t, transport.TCPOptions{Receive: in.receive, MaxPerIP: 2})
	first, second := dial(t, listener.LocalAddr()), dial(t, listener.LocalAddr())
	write(t, first, message("a"))
	write(t, second, message("b"))
	in.next(t)
	in.next(t)
	if _, err := dial(t, listener.LocalAddr()).Read(make([]byte, 1)); err == nil {
		t.Error("a third connection was taken")
	}
	_ = first.Close()
	eventually(t, "one place free", func() bool { return listener.Stats().Open == 1 })
	write(t, dial(t, listener.LocalAddr()), message("c"))
	in.next(t)
}

// A source that floods loses its connection, before anything is parsed.
func TestTCPRate(t *testing.T) {
	t.Parallel()
	in := make(inbox, 100)
	listener := listenTCP(t, transport.TCPOptions{Receive: in.receive, Rate: 2})
	peer := dial(t, listener.LocalAddr())
	write(t, peer, strings.Repeat(message("x"), 50))
	eventually(t, "the flood stopped", func() bool { return listener.Stats().Limited == 1 && listener.Stats().Open == 0 })
	if passed := len(in); passed < 4 || passed > 10 {
		t.Errorf("%d messages passed, want four and what the time gave", passed)
	}
}

func TestTCPReceiverPanics(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	listener := listenTCP(t, transport.TCPOptions{Receive: func(flow transport.Flow, data []byte) {
		if string(data) == message("bad") {
			panic("bad")
		}
		in.receive(flow, data)
	}})
	write(t, dial(t, listener.LocalAddr()), message("bad")+message("good"))
	if got := in.next(t); got.message != message("good") {
		t.Errorf("got %q", got.message)
	}
}

// TestTCPFlushesAtTheEnd: what was sent before the end arrives, such as a BYE.
func TestTCPFlushesAtTheEnd(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	listener, err := transport.ListenTCP("127.0.0.1:0", transport.TCPOptions{Receive: in.receive})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, listener)
	peer := dial(t, listener.LocalAddr())
	write(t, peer, message("hello"))
	flow := in.next(t).flow
	for range 100 {
		if flow.Send([]byte("x")) != nil {
			t.Fatal("refused")
		}
	}
	stop()
	got, err := io.ReadAll(peer)
	if err != nil || len(got) != 100 {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// exhausted is a listener without descriptors for its first connections.
type exhausted struct {
	net.Listener

	left int
}

func (l *exhausted) Accept() (net.Conn, error) {
	if l.left > 0 {
		l.left--
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return l.Listener.Accept() //nolint:wrapcheck // a net.Listener
}

// TestTCPOutOfDescriptors holds that strangers who take all descriptors for a while do not end the listener.
func TestTCPOutOfDescriptors(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const failures = 110
	in := make(inbox, 1)
	tcp := transport.NewTCP(&exhausted{Listener: listener, left: failures}, transport.TCPOptions{Receive: in.receive})
	run(t, tcp)
	write(t, dial(t, tcp.LocalAddr()), message("after"))
	if got := in.next(t).message; got != message("after") {
		t.Errorf("got %q", got)
	}
	if count := tcp.Stats().AcceptErrors; count != failures {
		t.Errorf("%d errors are counted, want %d", count, failures)
	}
}

// TestTCPListenerClosedByOthers holds that a listener that is gone is not waited for.
func TestTCPListenerClosedByOthers(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp := transport.NewTCP(listener, transport.TCPOptions{Receive: make(inbox).receive})
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := tcp.Run(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run gave %v, want that the listener is closed", err)
	}
}
