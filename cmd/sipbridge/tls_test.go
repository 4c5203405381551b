package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"sipbridge/certificate/certificatetest"
	"sipbridge/configs"
)

const withTLS = `
listen: {http: "127.0.0.1:0", https: "127.0.0.1:0", sip_udp: "", sip_tcp: "", sip_tls: "127.0.0.1:0"}
media: {webrtc_ports: 35000-35999, rtp_ports: 36000-36999}
users: [{name: alice, password: secret}]
tls: {cert: %q, key: %q, sip_tls: {cert: %q, key: %q}, client_ca: %q, client_required: true}
`

// TestEachListenerHasItsCertificate: https and SIP show their own; a renewed one serves the next handshake within a
// second, and the connection that is there lives on; the end of each can be seen.
func TestEachListenerHasItsCertificate(t *testing.T) {
	authority := certificatetest.NewAuthority(t)
	common, own := t.TempDir(), t.TempDir()
	certFile, keyFile := certificatetest.Write(t, common, authority.Issue(t, "common.example"))
	sipCert, sipKey := certificatetest.Write(t, own, authority.Issue(t, "first.example"))
	trusted := authority.WriteAuthority(t, own)
	r := start(t, fmt.Sprintf(withTLS, certFile, keyFile, sipCert, sipKey, trusted))
	https := strings.TrimSuffix(strings.TrimPrefix(r.page(t), "https://localhost"), "/")
	mustShow(t, "127.0.0.1"+https, &tls.Config{RootCAs: authority.Pool(), ServerName: "common.example"})

	found := regexp.MustCompile(` TLS (\S+)`).FindStringSubmatch(r.banner[4])
	if found == nil {
		t.Fatalf("no address of SIP over TLS in %q", r.banner)
	}
	client := &tls.Config{RootCAs: authority.Pool(), ServerName: "first.example"}
	if live, err := tls.Dial("tcp", found[1], client); err == nil && answersOptions(t, live) {
		t.Error("a client without a certificate was let in")
	}
	client.Certificates = []tls.Certificate{authority.Issue(t, "phone.example")}
	live := mustShow(t, found[1], client)

	certificatetest.Write(t, own, authority.Issue(t, "second.example"))
	renewed := time.Now()
	client = client.Clone()
	client.ServerName = "second.example"
	for {
		conn, err := tls.Dial("tcp", found[1], client)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Since(renewed) > patience {
			t.Fatal("the renewed certificate is not shown", err)
		}
	}
	if !answersOptions(t, live) {
		t.Error("the renewal ended a live connection")
	}
}

// TestCertificatesTellTheirEnd: /metrics says when each listener's certificate ends.
func TestCertificatesTellTheirEnd(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	end := time.Now().Add(time.Hour)
	certFile, keyFile := certificatetest.Write(t, t.TempDir(), authority.IssueUntil(t, end, "a.example"))
	open := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	own, err := newCertificates(configs.TLS{SIPTLS: configs.KeyPair{Cert: certFile, Key: keyFile}},
		configs.Listeners{HTTPS: open, SIPTLS: open}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string]float64{}
	for _, sample := range own.metrics() {
		ends[sample.Labels[0].Value] = sample.Value
	}
	if len(ends) != 2 || ends["sip_tls"] != float64(end.Unix()) || ends["https"] < float64(end.Unix()) {
		t.Errorf("the ends are %v", ends)
	}
}

func mustShow(t *testing.T, address string, config *tls.Config) *tls.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func answersOptions(t *testing.T, conn *tls.Conn) bool {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	options := "OPTIONS sip:localhost SIP/2.0\r\nVia: SIP/2.0/TLS x.example;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n" +
		"From: <sip:alice@localhost>;tag=1\r\nTo: <sip:localhost>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n" +
		"Content-Length: 0\r\n\r\n"
	if _, err := conn.Write([]byte(options)); err != nil {
		return false
	}
	answer := make([]byte, 2000)
	n, err := conn.Read(answer)
	return err == nil && strings.HasPrefix(string(answer[:n]), "SIP/2.0 200")
}
