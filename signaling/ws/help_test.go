package ws_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"sipbridge/signaling/ws"
)

// patience is how long a test waits for what must come; a loaded machine may need it.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type received struct {
	conn    *ws.Conn
	message string
}

// bench is a server under test with its HTTP server.
type bench struct {
	server *ws.Server
	http   *httptest.Server
	in     chan received
	closed chan *ws.Conn
	stop   func() // ends Run and waits for it
}

// start runs a server until the test ends. Receive and Closed are the bench's unless given.
func start(t *testing.T, options ws.Options) *bench {
	t.Helper()
	b := &bench{in: make(chan received, 1000), closed: make(chan *ws.Conn, 1000)}
	if options.Receive == nil {
		options.Receive = func(conn *ws.Conn, message []byte) { b.in <- received{conn, string(message)} }
	}
	options.Closed = func(conn *ws.Conn) { b.closed <- conn }
	b.server = ws.NewServer(options)
	b.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if source := r.Header.Get("Test-Source"); source != "" { // stands for a client that is not on this machine
			r.RemoteAddr = source
		}
		b.server.ServeHTTP(w, r)
	}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.server.Run(ctx) }()
	b.stop = func() {
		t.Helper()
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("Run does not return")
		}
		ended <- nil
	}
	t.Cleanup(func() {
		b.stop()
		b.http.Close()
	})
	return b
}

func (b *bench) next(t *testing.T) received {
	t.Helper()
	select {
	case r := <-b.in:
		return r
	case <-time.After(patience):
		t.Fatal("no message came")
		return received{}
	}
}

// handshake dials with these headers and reports how it went.
func (b *bench) handshake(t *testing.T, header http.Header, protocols ...string) (*websocket.Conn, *http.Response) {
	t.Helper()
	return b.handshakeAt(t, "", header, protocols...)
}

// handshakeAt is a handshake with a query, such as "?access_token=x".
func (b *bench) handshakeAt(t *testing.T, query string, header http.Header, protocols ...string) (
	*websocket.Conn, *http.Response,
) {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: patience}
	conn, response, err := dialer.Dial("ws"+strings.TrimPrefix(b.http.URL, "http")+query, header)
	if err != nil && response == nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = response.Body.Close()
		if conn != nil {
			_ = conn.Close()
		}
	})
	if conn != nil {
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
	}
	return conn, response
}

func (b *bench) dial(t *testing.T) *websocket.Conn {
	t.Helper()
	conn, response := b.handshake(t, nil, "sip")
	if conn == nil {
		t.Fatalf("refused: %s", response.Status)
	}
	return conn
}

func send(t *testing.T, conn *websocket.Conn, kind int, text string) {
	t.Helper()
	if err := conn.WriteMessage(kind, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// expect reads the next message.
func expect(t *testing.T, conn *websocket.Conn, kind int, text string) {
	t.Helper()
	gotKind, got, err := conn.ReadMessage()
	if err != nil || gotKind != kind || string(got) != text {
		t.Fatalf("got %d %q, %v; want %d %q", gotKind, got, err, kind, text)
	}
}

// expectClose reads until the connection ends, which must be with this code.
func expectClose(t *testing.T, conn *websocket.Conn, code int) {
	t.Helper()
	for {
		_, _, err := conn.ReadMessage()
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, code) {
			t.Errorf("ended by %v, want %d", err, code)
		}
		return
	}
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(patience); !ok(); <-ticker.C {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func capture(t *testing.T, client string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + client + "-register.sip")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
