package transport_test

import (
	"io"
	"net"
	"testing"
	"time"

	"sipbridge/sipua/transport"
)

// server is a plain listener that hands over its one connection.
func server(t *testing.T) (address transport.Target, accepted func() net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	tcp, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no TCP")
	}
	return to(tcp.AddrPort()), func() net.Conn {
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
}

func mustRead(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

// TestPings: a connection of our making is kept alive; a peer that answered once and then no more is given up.
func TestPings(t *testing.T) {
	t.Parallel()
	a := listenTCP(t, transport.TCPOptions{
		Receive: make(inbox).receive, Ping: 200 * time.Millisecond, Pong: 2 * time.Second,
	})
	target, accepted := server(t)
	flow, err := a.FlowTo(target)
	if err != nil {
		t.Fatal(err)
	}
	conn := accepted()
	for range 3 {
		mustRead(t, conn, "\r\n\r\n")
		write(t, conn, "\r\n")
	}
	mustRead(t, conn, "\r\n\r\n")
	if rest, err := io.ReadAll(conn); err != nil || len(rest) > 0 {
		t.Errorf("the connection is not closed: %q, %v", rest, err)
	}
	<-flow.Done()
	if dead := a.Stats().Dead; dead != 1 {
		t.Errorf("%d are counted as dead", dead)
	}
}

// TestPingsUnanswered: a peer that knows no keep-alive is no dead one, and pings are no use of a connection: once idle
// it is closed.
func TestPingsUnanswered(t *testing.T) {
	t.Parallel()
	a := listenTCP(t, transport.TCPOptions{
		Receive: make(inbox).receive, Ping: 50 * time.Millisecond, Pong: 10 * time.Millisecond, Idle: 2 * time.Second,
	})
	target, accepted := server(t)
	flow, err := a.FlowTo(target)
	if err != nil {
		t.Fatal(err)
	}
	conn := accepted()
	for range 5 {
		mustRead(t, conn, "\r\n\r\n")
	}
	<-flow.Done()
	eventually(t, "closed for idleness", func() bool { return a.Stats().TimedOut == 1 })
	if dead := a.Stats().Dead; dead != 0 {
		t.Errorf("%d are counted as dead", dead)
	}
}

// TestNoPingsTowardClients: to ping is for who connected.
func TestNoPingsTowardClients(t *testing.T) {
	t.Parallel()
	a := listenTCP(t, transport.TCPOptions{
		Receive: make(inbox).receive, Ping: time.Millisecond, FirstMessage: 300 * time.Millisecond,
	})
	got, err := io.ReadAll(dial(t, a.LocalAddr()))
	if err != nil || len(got) > 0 {
		t.Errorf("a client got %q, %v", got, err)
	}
}
