package transport_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sipbridge/sipua/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listenUDP(t *testing.T, options transport.UDPOptions) *transport.UDP {
	t.Helper()
	socket, err := transport.ListenUDP("127.0.0.1:0", options)
	if err != nil {
		t.Fatal(err)
	}
	run(t, socket)
	return socket
}

func dialUDP(t *testing.T, addr netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := net.Dial("udp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestUDPBothWays(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	socket := listenUDP(t, transport.UDPOptions{Receive: in.receive})
	peer := dialUDP(t, socket.LocalAddr())
	write(t, peer, message("one"))
	write(t, peer, message("two"))
	first, second := in.next(t), in.next(t)
	if first.message != message("one") || second.message != message("two") {
		t.Errorf("got %q, %q", first.message, second.message)
	}
	if first.flow != second.flow || first.flow != socket.FlowTo(first.flow.RemoteAddr()) {
		t.Error("flows of one peer are not equal")
	}
	if first.flow.LocalAddr() != socket.LocalAddr() || first.flow.RemoteAddr().String() != peer.LocalAddr().String() {
		t.Errorf("flow %v to %v", first.flow.LocalAddr(), first.flow.RemoteAddr())
	}
	if err := first.flow.Send([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 100)
	n, err := peer.Read(buffer) // a connected socket: it hears only the address it wrote to
	if err != nil || string(buffer[:n]) != "answer" {
		t.Errorf("got %q, %v", buffer[:n], err)
	}
	eventually(t, "two received and one sent", func() bool {
		stats := socket.Stats()
		return stats.Received == 2 && stats.Sent == 1
	})
}

func TestUDPJunk(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	socket := listenUDP(t, transport.UDPOptions{Receive: in.receive})
	peer := dialUDP(t, socket.LocalAddr())
	junk := []string{"\r\n\r\n", "\x00\x01\x00\x00", "GET / HTTP/1.1\r\n\r\n", "SIP/2.0 without line end"}
	for _, datagram := range junk {
		write(t, peer, datagram)
	}
	write(t, peer, message("good"))
	if got := in.next(t); got.message != message("good") {
		t.Errorf("got %q", got.message)
	}
	if stats := socket.Stats(); stats.Junk != uint64(len(junk)) || stats.Received != 1 {
		t.Errorf("stats %+v", stats)
	}
}

// TestUDPKeepAlive: a phone keeps its way to us open by STUN, from where it also speaks SIP.
func TestUDPKeepAlive(t *testing.T) {
	t.Parallel()
	in := make(inbox, 1)
	socket := listenUDP(t, transport.UDPOptions{Receive: in.receive})
	peer := dialUDP(t, socket.LocalAddr())
	write(t, peer, "\x00\x01\x00\x00\x21\x12\xa4\x42unpredictable"[:20])
	buffer := make([]byte, 100)
	if n, err := peer.Read(buffer); err != nil || n != 32 || string(buffer[8:20]) != "unpredictabl" {
		t.Errorf("got %q, %v", buffer[:n], err)
	}
	write(t, peer, message("good"))
	in.next(t)
	if stats := socket.Stats(); stats.Pings != 1 || stats.Junk != 0 || stats.Received != 1 {
		t.Errorf("stats %+v", stats)
	}
}

func TestUDPLimit(t *testing.T) {
	t.Parallel()
	in := make(inbox, 100)
	socket := listenUDP(t, transport.UDPOptions{Receive: in.receive, Rate: 0.001, Burst: 3})
	peer := dialUDP(t, socket.LocalAddr())
	for range 10 {
		write(t, peer, message("x"))
	}
	eventually(t, "seven datagrams over the limit", func() bool { return socket.Stats().Limited == 7 })
	if len(in) != 3 {
		t.Errorf("%d datagrams passed, want 3", len(in))
	}
}

func TestUDPReceiverPanics(t *testing.T) {
	t.Parallel()
	in := make(inbox, 10)
	socket := listenUDP(t, transport.UDPOptions{Receive: func(flow transport.Flow, data []byte) {
		if string(data) == message("bad") {
			panic("bad")
		}
		in.receive(flow, data)
	}})
	peer := dialUDP(t, socket.LocalAddr())
	write(t, peer, message("bad"))
	write(t, peer, message("good"))
	if got := in.next(t); got.message != message("good") {
		t.Errorf("got %q", got.message)
	}
	if stats := socket.Stats(); stats.Panics != 1 {
		t.Errorf("stats %+v", stats)
	}
}

func TestUDPTooLarge(t *testing.T) {
	t.Parallel()
	socket := listenUDP(t, transport.UDPOptions{Receive: make(inbox, 1).receive})
	if err := socket.FlowTo(socket.LocalAddr()).Send(make([]byte, 70000)); err == nil {
		t.Error("70000 bytes were sent")
	}
	if stats := socket.Stats(); stats.SendErrors != 1 {
		t.Errorf("stats %+v", stats)
	}
}

func TestUDPEndsByItself(t *testing.T) {
	t.Parallel()
	socket, err := transport.ListenUDP("127.0.0.1:0", transport.UDPOptions{Receive: make(inbox, 1).receive})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := socket.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestSourceLimiter(t *testing.T) {
	t.Parallel()
	limiter := transport.NewSourceLimiter(1, 2, 4)
	now := time.Unix(1000, 0)
	steps := []struct {
		source string
		after  time.Duration
		want   bool
	}{
		{"192.0.2.1", 0, true},
		{"192.0.2.1", 0, true},
		{"192.0.2.1", 0, false},
		{"::ffff:192.0.2.1", time.Second, true}, // the same source, a second later
		{"192.0.2.1", time.Second, false},
		{"192.0.2.1", 0, false}, // time that runs backwards gives nothing
		{"192.0.2.1", time.Second, false},
		{"2001:db8::1", 0, true},
		{"2001:db8::ffff:2", 0, true}, // the same /64
		{"2001:db8::3", 0, false},
		{"2001:db8:0:1::3", 0, true},
		{"192.0.2.1", time.Second, false}, // not forgotten yet
	}
	for i, step := range steps {
		if got := limiter.Allow(netip.MustParseAddr(step.source), now.Add(step.after)); got != step.want {
			t.Errorf("step %d, %s: %v", i, step.source, got)
		}
	}
	for i := range 100 {
		limiter.Allow(netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}), now)
	}
	if !limiter.Allow(netip.MustParseAddr("192.0.2.1"), now) {
		t.Error("the table grows without bound: nobody was forgotten")
	}
}
