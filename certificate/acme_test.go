package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"sipbridge/certificate/certificatetest"
	"sipbridge/sipua/locate/dnstest"
)

func listen(t *testing.T) (listener net.Listener, address netip.AddrPort) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener, netip.MustParseAddrPort(listener.Addr().String())
}

// TestACME gets a certificate from a real ACME server by either challenge, on the listeners that serve everything else.
func TestACME(t *testing.T) {
	for name, byHTTP := range map[string]bool{"TLS-ALPN-01": false, "HTTP-01": true} {
		t.Run(name, func(t *testing.T) {
			secureListener, secure := listen(t)
			plainListener, plain := listen(t)
			reached := int(secure.Port())
			if byHTTP {
				reached = 1 // nobody: the challenge by TLS cannot work
			} else {
				plain = netip.AddrPort{}
			}
			names := dnstest.Start(t, "bridge.example. 60 IN A 127.0.0.1")
			authority := certificatetest.StartACME(t, names.Address, reached, int(plain.Port()))
			source := NewACME(ACMEOptions{
				Hosts: []string{"bridge.example"}, Directory: authority.Directory, Storage: t.TempDir(),
				Authorities: authority.Front.Pool(),
				HTTPS:       secure, HTTP: plain, Logger: silent(),
			})
			for listener, server := range map[net.Listener]*http.Server{
				secureListener: {Handler: http.NotFoundHandler(), TLSConfig: &tls.Config{
					GetCertificate: source.Get, NextProtos: []string{"http/1.1", ChallengeProtocol}, MinVersion: tls.VersionTLS12,
				}, ErrorLog: log.New(io.Discard, "", 0)},
				plainListener: {Handler: source.Challenges(http.NotFoundHandler())},
			} {
				serve(t, server, listener)
			}
			run(t, source)
			mustBeShown(t, secure, authority.Roots)
			if leaf := source.Leaf(); leaf == nil || leaf.VerifyHostname("bridge.example") != nil {
				t.Errorf("the certificate in use is %v", leaf)
			}
		})
	}
}

func serve(t *testing.T, server *http.Server, listener net.Listener) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if server.TLSConfig != nil {
			_ = server.ServeTLS(listener, "", "")
			return
		}
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
}

func run(t *testing.T, source *ACME) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- source.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// mustBeShown waits for a handshake with a certificate for bridge.example, of this authority.
func mustBeShown(t *testing.T, address netip.AddrPort, roots *x509.CertPool) {
	t.Helper()
	config := &tls.Config{RootCAs: roots, ServerName: "bridge.example", MinVersion: tls.VersionTLS12}
	for deadline := time.Now().Add(time.Minute); ; {
		conn, err := tls.Dial("tcp", address.String(), config)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // until the authority has signed
	}
}
