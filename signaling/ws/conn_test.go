package ws_test

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sipbridge/signaling/ws"
	"sipbridge/sipua/transport"
)

// The SIP user agent takes connections as flows.
var _ transport.Flow = (*ws.Conn)(nil)

func TestMessagesBothWays(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{})
	client := b.dial(t)
	if client.Subprotocol() != "sip" {
		t.Errorf("subprotocol %q", client.Subprotocol())
	}
	send(t, client, websocket.TextMessage, "OPTIONS grüße")
	send(t, client, websocket.BinaryMessage, "OPTIONS binary")
	first, second := b.next(t), b.next(t)
	if first.message != "OPTIONS grüße" || second.message != "OPTIONS binary" || first.conn != second.conn {
		t.Errorf("got %q, %q", first.message, second.message)
	}
	conn := first.conn
	if conn.Transport() != "WS" || conn.LocalAddr().String() != b.http.Listener.Addr().String() ||
		conn.RemoteAddr() != netip.MustParseAddrPort(client.LocalAddr().String()) {
		t.Errorf("%s from %v to %v", conn.Transport(), conn.LocalAddr(), conn.RemoteAddr())
	}
	for _, text := range []string{"one", "two"} {
		if err := conn.Send([]byte(text)); err != nil {
			t.Fatal(err)
		}
		expect(t, client, websocket.TextMessage, text)
	}
	conn.Close()
	expectClose(t, client, websocket.CloseNormalClosure)
	<-conn.Done()
	if err := conn.Send(nil); !errors.Is(err, ws.ErrClosed) {
		t.Errorf("Send: %v", err)
	}
	if got := <-b.closed; got != conn {
		t.Error("another connection was closed")
	}
	if stats := b.server.Stats(); stats.Accepted != 1 || stats.Received != 2 || stats.Sent != 2 || stats.Open != 0 {
		t.Errorf("stats %+v", stats)
	}
}

func TestFragments(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{})
	client := b.dial(t)
	writer, err := client.NextWriter(websocket.TextMessage)
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.Repeat("0123456789", 2000)
	for _, piece := range []string{whole[:7], whole[7:9000], whole[9000:]} { // gorilla sends a frame for each 4 KB
		if _, err := io.WriteString(writer, piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if got := b.next(t).message; got != whole {
		t.Errorf("got %d bytes, want %d", len(got), len(whole))
	}
}

func TestKeepAlive(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{})
	client := b.dial(t)
	send(t, client, websocket.TextMessage, "\r\n") // an answer to a keep-alive: nothing to do
	send(t, client, websocket.TextMessage, "")
	send(t, client, websocket.TextMessage, "\r\n\r\n")
	expect(t, client, websocket.TextMessage, "\r\n")
	send(t, client, websocket.TextMessage, "OPTIONS")
	if got := b.next(t).message; got != "OPTIONS" {
		t.Errorf("got %q", got)
	}
	if stats := b.server.Stats(); stats.KeepAlives != 1 || stats.Received != 1 {
		t.Errorf("stats %+v", stats)
	}
}

func TestPingBothWays(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{PingInterval: 20 * time.Millisecond, PongTimeout: patience})
	client := b.dial(t)
	pinged, ponged := make(chan struct{}, 1000), make(chan string, 1)
	client.SetPingHandler(func(string) error {
		pinged <- struct{}{}
		return nil
	})
	client.SetPongHandler(func(data string) error {
		ponged <- data
		return nil
	})
	if err := client.WriteControl(websocket.PingMessage, []byte("payload"), time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() { // gorilla handles control frames while it reads
		defer close(read)
		_, _, _ = client.ReadMessage()
	}()
	<-pinged
	<-pinged
	if got := <-ponged; got != "payload" {
		t.Errorf("pong %q", got)
	}
	_ = client.Close()
	<-read
}

func TestNoPong(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{PingInterval: 50 * time.Millisecond, PongTimeout: 50 * time.Millisecond})
	client := b.dial(t)
	send(t, client, websocket.TextMessage, "OPTIONS")
	client.SetPingHandler(func(string) error { return nil })
	expectClose(t, client, websocket.ClosePolicyViolation)
	if stats := b.server.Stats(); stats.TimedOut != 1 {
		t.Errorf("stats %+v", stats)
	}
}

func TestSilentClient(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{FirstMessage: time.Second, PingInterval: 10 * time.Millisecond})
	client := b.dial(t)
	send(t, client, websocket.TextMessage, "\r\n\r\n") // neither this nor pongs make a SIP client
	expectClose(t, client, websocket.ClosePolicyViolation)
	if stats := b.server.Stats(); stats.TimedOut != 1 || stats.Received != 0 {
		t.Errorf("stats %+v", stats)
	}
}

// Half a message ends the connection soon, although the client goes on to pong and to drip.
func TestHalfAMessage(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{
		Completion: 200 * time.Millisecond, PingInterval: 10 * time.Millisecond, PongTimeout: patience,
		Rate: 1e9, MaxMessage: 1 << 30,
	})
	client := b.dial(t)
	send(t, client, websocket.TextMessage, "OPTIONS")
	dripped := make(chan struct{})
	go func() {
		defer close(dripped)
		drip(client)
	}()
	expectClose(t, client, websocket.ClosePolicyViolation) // gorilla answers pings while it reads
	_ = client.Close()
	<-dripped
	if stats := b.server.Stats(); stats.TimedOut != 1 || stats.Received != 1 {
		t.Errorf("stats %+v", stats)
	}
}

// drip sends a message in small pieces, without an end, until the connection is gone.
func drip(client *websocket.Conn) {
	writer, err := client.NextWriter(websocket.TextMessage)
	for err == nil {
		if _, err = io.WriteString(writer, strings.Repeat("x", 10)); err == nil {
			err = client.WriteControl(websocket.PongMessage, nil, time.Now().Add(patience))
		}
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{MaxMessage: 1000})
	client := b.dial(t)
	send(t, client, websocket.TextMessage, strings.Repeat("x", 1000))
	if got := b.next(t).message; len(got) != 1000 {
		t.Errorf("got %d bytes", len(got))
	}
	send(t, client, websocket.TextMessage, strings.Repeat("x", 100_000))
	expectClose(t, client, websocket.CloseMessageTooBig)
	eventually(t, "one too large", func() bool { return b.server.Stats().TooLarge == 1 })
}

func TestTooManyMessages(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{Rate: 0.001, Burst: 5})
	client := b.dial(t)
	for range 4 {
		send(t, client, websocket.TextMessage, "OPTIONS")
	}
	if err := client.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	send(t, client, websocket.TextMessage, "OPTIONS")
	expectClose(t, client, websocket.ClosePolicyViolation)
	if stats := b.server.Stats(); stats.RateLimited != 1 || stats.Received != 4 {
		t.Errorf("stats %+v", stats)
	}
}

func TestPingFlood(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{Rate: 0.001, Burst: 5})
	client := b.dial(t)
	for range 6 {
		if err := client.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
	}
	expectClose(t, client, websocket.ClosePolicyViolation)
}

func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{QueueLength: 10, WriteTimeout: time.Second})
	client := b.dial(t)
	send(t, client, websocket.TextMessage, "OPTIONS")
	conn := b.next(t).conn
	big := bytes.Repeat([]byte("x"), 1<<20)
	eventually(t, "the queue full", func() bool { return conn.Send(big) != nil })
	<-conn.Done()
	<-b.closed
	if stats := b.server.Stats(); stats.Slow != 1 || stats.Open != 0 {
		t.Errorf("stats %+v", stats)
	}
}

func TestReceivePanics(t *testing.T) {
	t.Parallel()
	got := make(chan string, 10)
	b := start(t, ws.Options{Receive: func(_ *ws.Conn, message []byte) {
		if string(message) == "bad" {
			panic("bad")
		}
		got <- string(message)
	}})
	client := b.dial(t)
	send(t, client, websocket.TextMessage, "bad")
	send(t, client, websocket.TextMessage, "good")
	if message := <-got; message != "good" {
		t.Errorf("got %q", message)
	}
	if stats := b.server.Stats(); stats.Panics != 1 {
		t.Errorf("stats %+v", stats)
	}
}

func TestClientCloses(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{})
	client := b.dial(t)
	closing := websocket.FormatCloseMessage(websocket.CloseGoingAway, "bye")
	if err := client.WriteControl(websocket.CloseMessage, closing, time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	expectClose(t, client, websocket.CloseGoingAway)
	<-b.closed
}

// TestFramesPerClient: each client gets the frames that it reads, told by the first message that it sent.
func TestFramesPerClient(t *testing.T) {
	t.Parallel()
	const latin1 = "SIP/2.0 200 Gr\xfc\xdfe\r\n"
	for client, umlaut := range map[string]int{
		"jssip":  websocket.TextMessage,
		"sipjs":  websocket.TextMessage,
		"sip-js": websocket.TextMessage,
		"sipml5": websocket.BinaryMessage,
	} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			b := start(t, ws.Options{})
			peer := b.dial(t)
			send(t, peer, websocket.TextMessage, capture(t, client))
			conn := b.next(t).conn
			for _, message := range []string{"MESSAGE plain", "MESSAGE grüße", latin1} {
				if err := conn.Send([]byte(message)); err != nil {
					t.Fatal(err)
				}
			}
			expect(t, peer, websocket.TextMessage, "MESSAGE plain")
			expect(t, peer, umlaut, "MESSAGE grüße")
			expect(t, peer, websocket.BinaryMessage, latin1)
		})
	}
}
