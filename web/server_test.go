package web

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sipbridge/certificate/certificatetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// start serves on a loopback port until the test ends.
func start(t *testing.T, server *http.Server) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			done <- server.ServeTLS(listener, "", "")
			return
		}
		done <- server.Serve(listener)
	}()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func closed(t *testing.T, closer io.Closer) {
	t.Helper()
	if err := closer.Close(); err != nil {
		t.Error(err)
	}
}

func hello() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	})
}

// secure is TLS with a certificate that nobody believes.
func secure(t *testing.T) *tls.Config {
	t.Helper()
	own := certificatetest.NewAuthority(t).Issue(t, "127.0.0.1")
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}}
}

func TestServerSpeaksHTTP11Only(t *testing.T) {
	t.Parallel()
	address := start(t, NewServer(hello(), secure(t), silent()))
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true,
	}}
	defer client.CloseIdleConnections()
	response, err := client.Get("https://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, response.Body)
	if response.ProtoMajor != 1 {
		t.Errorf("the server speaks %s", response.Proto)
	}
	_, err = tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11})
	if err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

func TestServerRefusesLongHeaders(t *testing.T) {
	t.Parallel()
	address := start(t, NewServer(hello(), nil, silent()))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Long", strings.Repeat("a", 64<<10))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return // the server may close before it read all
	}
	defer closed(t, response.Body)
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 64 KiB gives %d", response.StatusCode)
	}
}

func TestServerClosesSilentClients(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]*http.Server{
		"without TLS": NewServer(hello(), nil, silent()),
		"with TLS":    NewServer(hello(), secure(t), silent()),
	} {
		server.ReadHeaderTimeout = 100 * time.Millisecond
		address := start(t, server)
		silentClient, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer closed(t, silentClient)
		if err = silentClient.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, silentClient)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: a client that says nothing is kept", name)
		}
	}
}

func TestServerHasEveryLimit(t *testing.T) {
	t.Parallel()
	server := NewServer(hello(), nil, silent())
	if server.ReadHeaderTimeout <= 0 || server.ReadTimeout <= 0 || server.WriteTimeout <= 0 ||
		server.IdleTimeout <= 0 || server.MaxHeaderBytes <= 0 {
		t.Errorf("a limit is missing: %+v", server)
	}
}

func TestErrorLogIsSparing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	errorLog := newErrorLog(slog.New(slog.NewTextHandler(&out, nil)))
	for range 1000 {
		if _, err := errorLog.Write([]byte("http: TLS handshake error\n")); err != nil {
			t.Fatal(err)
		}
	}
	if lines := strings.Count(out.String(), "\n"); lines < 1 || lines > 10 {
		t.Errorf("1000 errors make %d lines", lines)
	}
}
