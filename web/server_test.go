package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
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

// handshake gives the certificate that the server shows.
func handshake(t *testing.T, address string, config *tls.Config) *x509.Certificate {
	t.Helper()
	dialer := tls.Dialer{Config: config}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, connection)
	secure, ok := connection.(*tls.Conn)
	if !ok {
		t.Fatal("no TLS")
	}
	return secure.ConnectionState().PeerCertificates[0]
}

func TestSelfSignedServesItsHosts(t *testing.T) {
	t.Parallel()
	source, err := SelfSigned([]string{"127.0.0.1", "::1", "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := source(nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(leaf)
	address := start(t, NewServer(hello(), source, silent()))
	for _, name := range []string{"127.0.0.1", "localhost", "::1"} {
		handshake(t, address, &tls.Config{RootCAs: trusted, ServerName: name})
	}
	if err := leaf.VerifyHostname("other.example"); err == nil {
		t.Error("the certificate names a host that is not ours")
	}
	if time.Until(leaf.NotAfter) > 398*24*time.Hour || time.Until(leaf.NotAfter) < 300*24*time.Hour {
		t.Errorf("the certificate ends at %v", leaf.NotAfter)
	}
}

func TestServerSpeaksHTTP11Only(t *testing.T) {
	t.Parallel()
	source, err := SelfSigned([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	address := start(t, NewServer(hello(), source, silent()))
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
	source, err := SelfSigned([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, server := range map[string]*http.Server{
		"without TLS": NewServer(hello(), nil, silent()),
		"with TLS":    NewServer(hello(), source, silent()),
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

// writePair writes a new certificate and its key, last written at this time, and gives the file names.
func writePair(t *testing.T, folder, host string, written time.Time) (certFile, keyFile string) {
	t.Helper()
	source, err := SelfSigned([]string{host})
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := source(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for name, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]},
		keyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, written, written); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func hostOf(t *testing.T, source CertificateSource) string {
	t.Helper()
	certificate, err := source(nil)
	if err != nil {
		t.Fatal(err)
	}
	return certificate.Leaf.DNSNames[0]
}

func TestCertificateFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	folder, now := t.TempDir(), time.Now()
	certFile, keyFile := writePair(t, folder, "first.example", now.Add(-time.Hour))
	files := &certificateFiles{cert: certFile, key: keyFile, logger: silent()}
	first, err := files.load()
	if err != nil {
		t.Fatal(err)
	}
	files.current.Store(first)
	if got := hostOf(t, files.get); got != "first.example" {
		t.Errorf("the certificate is for %s", got)
	}

	writePair(t, folder, "second.example", now)
	if got := hostOf(t, files.get); got != "second.example" {
		t.Errorf("the new certificate is not used, but that for %s", got)
	}

	if err := os.WriteFile(certFile, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := hostOf(t, files.get); got != "second.example" {
		t.Errorf("a broken certificate replaced the old one: %s", got)
	}
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	if got := hostOf(t, files.get); got != "second.example" {
		t.Errorf("a missing key replaced the old certificate: %s", got)
	}
}

func TestCertificateFilesAreNotLookedAtEachTime(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certFile, keyFile := writePair(t, folder, "first.example", time.Now().Add(-time.Hour))
	source, err := CertificateFiles(certFile, keyFile, silent())
	if err != nil {
		t.Fatal(err)
	}
	writePair(t, folder, "second.example", time.Now())
	if got := hostOf(t, source); got != "first.example" {
		t.Errorf("the files are looked at in each handshake: %s", got)
	}
	if _, err := CertificateFiles(certFile, filepath.Join(folder, "none"), silent()); err == nil {
		t.Error("a certificate without a key was taken")
	}
}
