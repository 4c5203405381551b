package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"regexp"
	"testing"
	"time"

	"sipbridge/certificate/certificatetest"
	"sipbridge/sipua/locate/dnstest"
)

const withACME = `
listen: {http: "127.0.0.1:0", https: "%s", sip_udp: "", sip_tcp: "", sip_tls: "127.0.0.1:0"}
media: {webrtc_ports: 37000-37999, rtp_ports: 38000-38999}
users: [{name: alice, password: secret}]
tls: {acme: {hosts: [bridge.example], directory: %q, storage: %q, ca: %q}}
`

// TestServeGetsItsCertificate: from a real ACME server, by its challenge on listen.https, for https and for SIP over
// TLS.
func TestServeGetsItsCertificate(t *testing.T) {
	https := freePort(t)
	names := dnstest.Start(t, "bridge.example. 60 IN A 127.0.0.1")
	authority := certificatetest.StartACME(t, names.Address, https.Port, 1)
	trusted := authority.Front.WriteAuthority(t, t.TempDir())
	r := launch(t, fmt.Sprintf(withACME, https, authority.Directory, t.TempDir(), trusted))
	found := regexp.MustCompile(` TLS (\S+)`).FindStringSubmatch(r.banner[4])
	if found == nil {
		t.Fatalf("no address of SIP over TLS in %q", r.banner)
	}
	client := &tls.Config{RootCAs: authority.Roots, ServerName: "bridge.example", MinVersion: tls.VersionTLS12}
	for _, address := range []string{https.String(), found[1]} {
		for deadline := time.Now().Add(time.Minute); ; {
			conn, err := tls.Dial("tcp", address, client)
			if err == nil {
				_ = conn.Close()
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s shows no certificate of the authority: %v", address, err)
			}
			time.Sleep(20 * time.Millisecond) // until the authority has signed
		}
	}
	if !answersOptions(t, mustShow(t, found[1], client)) {
		t.Error("SIP over TLS does not answer")
	}
}

// freePort is one that was free just now; the authority has to know it before the service listens there.
func freePort(t *testing.T) *net.TCPAddr {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr) //nolint:errcheck // ListenTCP gives a TCPAddr
}
