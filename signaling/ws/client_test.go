package ws_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"sipbridge/certificate/certificatetest"
	"sipbridge/signaling/ws"
	"sipbridge/sipua/transport"
)

// trunk is a client, and what it received.
type trunk struct {
	*ws.Client

	heard  chan string
	closed chan transport.Flow
}

func startTrunk(t *testing.T, secure *tls.Config) *trunk {
	t.Helper()
	heard, closed := make(chan string, 10), make(chan transport.Flow, 10)
	client := ws.NewClient(ws.Options{
		Receive: func(_ *ws.Conn, message []byte) { heard <- string(message) },
		Closed:  func(conn *ws.Conn) { closed <- conn },
	}, secure, map[string]string{"elsewhere.example": "/sip/here"})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &trunk{client, heard, closed}
}

// startServer is a server, with TLS if it has a certificate, that sends each message back.
func startServer(t *testing.T, own ...tls.Certificate) netip.AddrPort {
	t.Helper()
	server := ws.NewServer(ws.Options{Receive: func(conn *ws.Conn, message []byte) { _ = conn.Send(message) }})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	mux := http.NewServeMux()
	mux.Handle("/ws", server)
	mux.Handle("elsewhere.example/sip/here", server)
	mux.Handle("elsewhere.example/ws", http.NotFoundHandler())
	web := httptest.NewUnstartedServer(mux)
	web.TLS = &tls.Config{Certificates: own, MinVersion: tls.VersionTLS12}
	if len(own) > 0 {
		web.StartTLS()
	} else {
		web.Start()
	}
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		web.Close()
	})
	tcp, ok := web.Listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no TCP")
	}
	return tcp.AddrPort()
}

func await[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(patience):
		t.Fatal("nothing came")
		return *new(T)
	}
}

func TestClientBothWays(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	for word, own := range map[string][]tls.Certificate{
		"WS": nil, "WSS": {authority.Issue(t, "trunk.example")},
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			address := startServer(t, own...)
			client := startTrunk(t, &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12})
			target := transport.Target{Transport: word, Address: address, Domain: "Trunk.example"}
			layer := transport.NewLayer(nil, nil, client)
			flow, err := layer.FlowTo(target)
			if err != nil {
				t.Fatal(err)
			}
			if flow.Transport() != word || flow.RemoteAddr() != address || flow.LocalAddr().Port() != 0 ||
				flow.LocalAddr().Addr() != address.Addr() || transport.FromBrowser(flow) {
				t.Errorf("%s from %v to %v", flow.Transport(), flow.LocalAddr(), flow.RemoteAddr())
			}
			if err := flow.Send([]byte("OPTIONS")); err != nil {
				t.Fatal(err)
			}
			if got := await(t, client.heard); got != "OPTIONS" {
				t.Errorf("got %q", got)
			}
			if again, err := layer.FlowTo(target); err != nil || again != flow {
				t.Errorf("the connection is not used again: %v", err)
			}
			flow.Close()
			if got := await(t, client.closed); got != flow {
				t.Error("another connection ended")
			}
			if again, err := layer.FlowTo(target); err != nil || again == flow {
				t.Errorf("a closed connection is used again: %v", err)
			}
		})
	}
}

// TestClientRefuses: who can't prove the name, or speaks no SIP, is no server of ours.
func TestClientRefuses(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	otherName := startServer(t, authority.Issue(t, "other.example"))
	unknown := startServer(t, certificatetest.NewAuthority(t).Issue(t, "trunk.example"))
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	for name, target := range map[string]transport.Target{
		"other name":        {Transport: "WSS", Address: otherName, Domain: "trunk.example"},
		"unknown authority": {Transport: "WSS", Address: unknown, Domain: "trunk.example"},
		"no WebSocket":      {Transport: "WS", Address: netip.MustParseAddrPort(web.Listener.Addr().String())},
		"nobody":            {Transport: "WS", Address: netip.MustParseAddrPort("127.0.0.1:1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := startTrunk(t, &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12})
			flow, err := client.FlowTo(target)
			if err != nil {
				t.Fatal(err)
			}
			if got := await(t, client.closed); got != flow {
				t.Error("another connection ended")
			}
			if err := flow.Send(nil); !errors.Is(err, ws.ErrClosed) {
				t.Errorf("Send: %v", err)
			}
			if failed := client.Stats().DialErrors; failed != 1 {
				t.Errorf("%d failures are counted", failed)
			}
		})
	}
}

// TestClientPath: a server may take SIP at another path than the usual one.
func TestClientPath(t *testing.T) {
	t.Parallel()
	address := startServer(t)
	client := startTrunk(t, nil)
	for _, name := range []string{"elsewhere.example", "usual.example"} {
		flow, err := client.FlowTo(transport.Target{Transport: "WS", Address: address, Domain: name})
		if err != nil {
			t.Fatal(err)
		}
		if err := flow.Send([]byte(name)); err != nil {
			t.Fatal(err)
		}
		if got := await(t, client.heard); got != name {
			t.Errorf("got %q", got)
		}
	}
}
