package ws_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sipbridge/signaling/ws"
)

// Who has forgotten to allow a page finds its origin in the log.
func TestRefusalIsLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := start(t, ws.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	b.handshake(t, http.Header{"Origin": {"https://other.example"}}, "sip")
	if !strings.Contains(log.String(), "origin=https://other.example status=403") {
		t.Errorf("log %q", &log)
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{Origins: []string{"https://phone.example.com"}})
	own := b.http.URL // http://127.0.0.1:port
	tests := map[string]struct {
		header http.Header
		status int
	}{
		"own page":             {http.Header{"Origin": {own}}, 101},
		"own page behind TLS":  {http.Header{"Origin": {strings.Replace(own, "http:", "https:", 1)}}, 101},
		"in the list":          {http.Header{"Origin": {"https://phone.example.com"}}, 101},
		"no browser":           {nil, 101},
		"other scheme":         {http.Header{"Origin": {"http://phone.example.com"}}, 403},
		"case":                 {http.Header{"Origin": {"https://Phone.example.com"}}, 403},
		"suffix":               {http.Header{"Origin": {"https://phone.example.com.evil.example"}}, 403},
		"prefix":               {http.Header{"Origin": {"https://evilphone.example.com"}}, 403},
		"port":                 {http.Header{"Origin": {"https://phone.example.com:8443"}}, 403},
		"slash":                {http.Header{"Origin": {"https://phone.example.com/"}}, 403},
		"null":                 {http.Header{"Origin": {"null"}}, 403},
		"empty":                {http.Header{"Origin": {""}}, 403},
		"file":                 {http.Header{"Origin": {"file://"}}, 403},
		"own host, other port": {http.Header{"Origin": {"http://127.0.0.1:1"}}, 403},
		"two origins":          {http.Header{"Origin": {own, "https://phone.example.com"}}, 403},
		"browser without one":  {http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		"cookie without one":   {http.Header{"Cookie": {"a=b"}}, 403},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, response := b.handshake(t, test.header, "sip"); response.StatusCode != test.status {
				t.Errorf("got %s, want %d", response.Status, test.status)
			}
		})
	}
}

func TestSubprotocol(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{})
	for _, test := range []struct {
		protocols []string
		status    int
	}{
		{nil, 400}, {[]string{"chat"}, 400}, {[]string{"SIP"}, 400}, {[]string{"chat", "sip"}, 101},
	} {
		if _, response := b.handshake(t, nil, test.protocols...); response.StatusCode != test.status {
			t.Errorf("%v: got %s, want %d", test.protocols, response.Status, test.status)
		}
	}
	eventually(t, "three refused and one taken", func() bool {
		stats := b.server.Stats()
		return stats.RefusedOther == 3 && stats.Accepted == 1
	})
}

func TestNoHandshake(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{})
	for _, test := range []struct{ method, version, protocol, key string }{
		{"GET", "", "", ""},
		{"POST", "13", "sip", "dGhlIHNhbXBsZSBub25jZQ=="},
		{"GET", "8", "sip", "dGhlIHNhbXBsZSBub25jZQ=="},
		{"GET", "13", "sip", "short"},
	} {
		request, err := http.NewRequest(test.method, b.http.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {test.version},
			"Sec-Websocket-Protocol": {test.protocol}, "Sec-Websocket-Key": {test.key},
		}
		response, err := b.http.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode < 400 || response.StatusCode > 499 {
			t.Errorf("%v: %s", test, response.Status)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{MaxConnections: 1})
	first := b.dial(t)
	_, response := b.handshake(t, nil, "sip")
	if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Errorf("got %s, Retry-After %q", response.Status, response.Header.Get("Retry-After"))
	}
	_ = first.Close()
	<-b.closed
	eventually(t, "one place free", func() bool {
		conn, _ := b.handshake(t, nil, "sip")
		return conn != nil
	})
}

func TestLimitPerIP(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{MaxPerIP: 2})
	from := func(source string) *websocket.Conn {
		conn, _ := b.handshake(t, http.Header{"Test-Source": {source}}, "sip")
		return conn
	}
	first := from("192.0.2.1:1000")
	if first == nil || from("192.0.2.1:1001") == nil {
		t.Fatal("two are refused")
	}
	if from("[::ffff:192.0.2.1]:1002") != nil {
		t.Error("three are taken")
	}
	if from("[2001:db8::1]:1") == nil || from("[2001:db8::2]:1") == nil || from("[2001:db8::3]:1") != nil {
		t.Error("a /64 is not one source")
	}
	for range 3 {
		b.dial(t) // loopback has no limit of its own
	}
	_ = first.Close()
	<-b.closed
	eventually(t, "one place free", func() bool { return from("192.0.2.1:1003") != nil })
}

func TestShutDown(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{})
	client := b.dial(t)
	send(t, client, websocket.TextMessage, "OPTIONS")
	conn := b.next(t).conn
	for range 50 {
		if err := conn.Send([]byte("BYE")); err != nil {
			t.Fatal(err)
		}
	}
	b.dial(t) // one that is silent and doesn't answer the close frame
	counted := make(chan int)
	go func() {
		n := 0
		for {
			if _, _, err := client.ReadMessage(); err != nil {
				if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
					n = -1
				}
				counted <- n
				return
			}
			n++
		}
	}()
	b.stop()
	if n := <-counted; n != 50 {
		t.Errorf("%d messages before the close frame, want 50", n)
	}
	if _, response := b.handshake(t, nil, "sip"); response.StatusCode != 503 {
		t.Errorf("after the end: %s", response.Status)
	}
	if stats := b.server.Stats(); stats.Open != 0 {
		t.Errorf("stats %+v", stats)
	}
}

// raw makes a handshake by hand and gives the bare connection.
func (b *bench) raw(t *testing.T, more string) (net.Conn, *bufio.Reader, string) {
	t.Helper()
	conn, err := net.Dial("tcp", b.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err = conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", more)
	if err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	var head strings.Builder
	for line := ""; line != "\r\n"; head.WriteString(line) {
		if line, err = reader.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return conn, reader, head.String()
}

// TestBrokenFrames sends what RFC 6455 forbids, byte by byte; mask is the all-zero key.
func TestBrokenFrames(t *testing.T) {
	t.Parallel()
	const mask = "\x00\x00\x00\x00"
	half := strings.Repeat("x", 20000)
	tests := map[string]struct {
		bytes string
		code  int
	}{
		"no mask":               {"\x81\x01a", 1002},
		"reserved bit 1":        {"\xc1\x81" + mask + "a", 1002}, // a compressed message, not negotiated
		"reserved bit 2":        {"\xa1\x81" + mask + "a", 1002},
		"reserved opcode":       {"\x83\x81" + mask + "a", 1002},
		"continuation first":    {"\x80\x81" + mask + "a", 1002},
		"message in a message":  {"\x01\x81" + mask + "a\x81\x81" + mask + "a", 1002},
		"fragmented ping":       {"\x09\x81" + mask + "a", 1002},
		"large ping":            {"\x89\xfe\x00\x7e" + mask, 1002},
		"bad close code":        {"\x88\x82" + mask + "\x03\xed", 1002}, // 1005 must not be sent
		"text that is no UTF-8": {"\x81\x82" + mask + "\xc3\x28", 1007},
		"huge length":           {"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + mask, 1009},
		"fragments too large":   {"\x01\xfe\x4e\x20" + mask + half + "\x80\xfe\x4e\x20" + mask + half, 1009},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, ws.Options{})
			conn, reader, _ := b.raw(t, "")
			if _, err := io.WriteString(conn, test.bytes); err != nil {
				t.Fatal(err)
			}
			head := make([]byte, 4)
			if _, err := io.ReadFull(reader, head); err != nil {
				t.Fatal(err)
			}
			if head[0] != 0x88 || int(head[2])<<8|int(head[3]) != test.code {
				t.Errorf("got % x, want a close frame with %d", head, test.code)
			}
			_ = conn.Close() // or the server would wait for our close frame
			<-b.closed
		})
	}
}

func TestCompressionIsNotNegotiated(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{})
	_, _, head := b.raw(t, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 101 ") || strings.Contains(strings.ToLower(head), "extensions") {
		t.Errorf("got\n%s", head)
	}
	if !strings.Contains(head, "Sec-WebSocket-Protocol: sip\r\n") {
		t.Errorf("the subprotocol is not echoed:\n%s", head)
	}
}

// TestCutOff: a client that vanishes without a close frame leaves nothing behind.
func TestCutOff(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{})
	conn, _, _ := b.raw(t, "")
	_ = conn.Close()
	<-b.closed
	if stats := b.server.Stats(); stats.Malformed != 0 || stats.TimedOut != 0 {
		t.Errorf("stats %+v", stats)
	}
}

func TestSecure(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{Secure: true})
	client := b.dial(t)
	send(t, client, websocket.TextMessage, "OPTIONS")
	if got := b.next(t).conn.Transport(); got != "WSS" {
		t.Errorf("transport %s", got)
	}
}

// TestWelcome: a page that is not in the list may connect with a token that was made for its origin.
func TestWelcome(t *testing.T) {
	t.Parallel()
	b := start(t, ws.Options{
		Welcome:   func(origin, token string) bool { return origin == "https://shop.example" && token == "pass" },
		Authorize: func(string) (string, time.Time, error) { return "guest", time.Time{}, nil },
	})
	for _, test := range []struct {
		origins []string
		token   string
		status  int
	}{
		{[]string{"https://shop.example"}, "pass", 101},
		{[]string{"https://shop.example"}, "other", 403},
		{[]string{"https://shop.example"}, "", 403},
		{[]string{"https://evil.example"}, "pass", 403},
		{[]string{"https://shop.example", "https://shop.example"}, "pass", 403},
	} {
		header := http.Header{"Origin": test.origins}
		if _, response := b.handshakeAt(t, "?access_token="+test.token, header, "sip"); response.StatusCode != test.status {
			t.Errorf("%+v gives %s", test, response.Status)
		}
	}
}
