package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sipbridge/certificate/certificatetest"
	"sipbridge/sipua/transport"
)

// secure is TLS with a certificate for these names, believing one authority.
func secure(t *testing.T, authority *certificatetest.Authority, hosts ...string) *transport.TLS {
	t.Helper()
	own := []tls.Certificate{authority.Issue(t, hosts...)}
	return &transport.TLS{
		Server: &tls.Config{
			Certificates: own, ClientCAs: authority.Pool(), ClientAuth: tls.VerifyClientCertIfGiven,
			MinVersion: tls.VersionTLS12,
		},
		Client: &tls.Config{Certificates: own, RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12},
	}
}

func TestTLSBothWays(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	near, far := make(inbox, 10), make(inbox, 10)
	a := listenTCP(t, transport.TCPOptions{Receive: near.receive, TLS: secure(t, authority, "a.example")})
	b := listenTCP(t, transport.TCPOptions{Receive: far.receive, TLS: secure(t, authority, "b.example")})
	target := transport.Target{Transport: "tls", Address: b.LocalAddr(), Domain: "B.example"}
	layer := transport.NewLayer(nil, []*transport.TCP{a})
	flow, err := layer.FlowTo(target)
	if err != nil {
		t.Fatal(err)
	}
	if err := flow.Send([]byte(message("hello"))); err != nil {
		t.Fatal(err)
	}
	got := far.next(t)
	if got.message != message("hello") || got.flow.Transport() != "TLS" {
		t.Errorf("got %q over %s", got.message, got.flow.Transport())
	}
	if err := got.flow.Send([]byte(message("hi"))); err != nil {
		t.Fatal(err)
	}
	if back := near.next(t); back.flow != flow {
		t.Error("the answer came on another flow")
	}
	if again, err := layer.FlowTo(target); err != nil || again != flow {
		t.Errorf("the connection is not used again: %v", err)
	}
	target.Domain = "c.example"
	if other, err := layer.FlowTo(target); err != nil || other == flow {
		t.Errorf("a connection to one domain is used for another: %v", err)
	}
}

// TestTLSRefusesOtherNames: the certificate must be for the domain that was asked for, and of an authority we believe
// (RFC 5922 section 7).
func TestTLSRefusesOtherNames(t *testing.T) {
	t.Parallel()
	authority, stranger := certificatetest.NewAuthority(t), certificatetest.NewAuthority(t)
	expired := secure(t, authority, "b.example")
	expired.Server.Certificates = []tls.Certificate{authority.IssueUntil(t, time.Now().Add(-time.Minute), "b.example")}
	for name, test := range map[string]struct {
		server *transport.TLS
		domain string
		works  bool
	}{
		"right":             {secure(t, authority, "b.example"), "b.example", true},
		"other name":        {secure(t, authority, "other.example"), "b.example", false},
		"unknown authority": {secure(t, stranger, "b.example"), "b.example", false},
		"expired":           {expired, "b.example", false},
		"address":           {secure(t, authority, "127.0.0.1"), "", true},
		"address missing":   {secure(t, authority, "b.example"), "", false},
		"SIP domain":        {secure(t, authority, "sip:B.example"), "b.example", true},
		"one of several":    {secure(t, authority, "sip:a.example", "sip:b.example:5061;transport=tls"), "b.example", true},
		"other SIP domain":  {secure(t, authority, "sip:other.example"), "b.example", false},
		"DNS name beside":   {secure(t, authority, "sip:other.example", "b.example"), "b.example", false},
		"wildcard domain":   {secure(t, authority, "sip:*.example"), "b.example", false},
		"only a user of it": {secure(t, authority, "sip:alice@b.example"), "b.example", false},
		"user and DNS name": {secure(t, authority, "sip:alice@b.example", "b.example"), "b.example", true},
		"address beside":    {secure(t, authority, "sip:b.example", "127.0.0.1"), "", true},
		"domain a stranger": {secure(t, stranger, "sip:b.example"), "b.example", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := make(inbox, 1)
			b := listenTCP(t, transport.TCPOptions{Receive: in.receive, TLS: test.server})
			a := listenTCP(t, transport.TCPOptions{
				Receive: make(inbox).receive, TLS: secure(t, authority, "a.example"),
			})
			flow, err := a.FlowTo(transport.Target{Address: b.LocalAddr(), Domain: test.domain})
			if err != nil {
				t.Fatal(err)
			}
			_ = flow.Send([]byte(message("hello")))
			if test.works {
				in.next(t)
				return
			}
			<-flow.Done()
			eventually(t, "the failure counted", func() bool { return a.Stats().DialErrors == 1 })
			if got := b.Stats().Received; got != 0 {
				t.Errorf("%d messages reached a server that is somebody else", got)
			}
		})
	}
}

// TestTLSClientCertificate: a connection that came in is used for requests to its peer only if the peer proved its
// name (RFC 5923 section 5).
func TestTLSClientCertificate(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	for name, test := range map[string]struct {
		client *tls.Config
		proven bool
	}{
		"proven": {secure(t, authority, "peer.example").Client, true},
		"domain": {secure(t, authority, "sip:peer.example").Client, true},
		"none":   {&tls.Config{RootCAs: authority.Pool()}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := make(inbox, 1)
			listener := listenTCP(t, transport.TCPOptions{Receive: in.receive, TLS: secure(t, authority, "127.0.0.1")})
			peer, err := tls.Dial("tcp", listener.LocalAddr().String(), test.client)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = peer.Close() }()
			write(t, peer, message("hello"))
			came := in.next(t).flow
			flow, err := listener.FlowTo(transport.Target{Address: came.RemoteAddr(), Domain: "peer.example"})
			if err != nil || (flow == came) != test.proven {
				t.Errorf("used again: %v, %v", flow == came, err)
			}
			other, err := listener.FlowTo(transport.Target{Address: came.RemoteAddr(), Domain: "other.example"})
			if err != nil || other == came {
				t.Errorf("used for another name, %v", err)
			}
		})
	}
}

// TestTLSAlias: a peer that says alias and proved its name is reached on the connection it made, at the address where
// it listens.
func TestTLSAlias(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	in := make(inbox, 1)
	listener := listenTCP(t, transport.TCPOptions{Receive: in.receive, TLS: secure(t, authority, "127.0.0.1")})
	peer, err := tls.Dial("tcp", listener.LocalAddr().String(), secure(t, authority, "peer.example").Client)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = peer.Close() }()
	write(t, peer, message("hello"))
	came, ok := in.next(t).flow.(*transport.TCPFlow)
	if !ok {
		t.Fatal("no connection")
	}
	came.Alias("other.example", 5061)
	came.Alias("peer.example", 5061)
	for _, test := range []struct {
		target string
		domain string
		same   bool
	}{
		{"127.0.0.1:5061", "peer.example", true},
		{"127.0.0.1:5061", "other.example", false},
		{"127.0.0.1:5062", "peer.example", false},
		{"127.0.0.2:5061", "peer.example", false},
	} {
		target := transport.Target{Address: netip.MustParseAddrPort(test.target), Domain: test.domain}
		if flow, failure := listener.FlowTo(target); failure != nil || (flow == came) != test.same {
			t.Errorf("%s at %s: the same connection %v, %v", test.domain, test.target, flow == came, failure)
		}
	}
	_ = peer.Close()
	<-came.Done()
	again, err := listener.FlowTo(transport.Target{
		Address: netip.MustParseAddrPort("127.0.0.1:5061"), Domain: "peer.example",
	})
	if err != nil || again == came {
		t.Errorf("a connection that has ended is used: %v", err)
	}
}

// TestTLSBadStreams: what can't be framed is answered and ended, dripping is not waited for, and others are not harmed.
func TestTLSBadStreams(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	in := make(inbox, 10)
	listener := listenTCP(t, transport.TCPOptions{
		Receive: in.receive, TLS: secure(t, authority, "127.0.0.1"), Completion: time.Second,
	})
	open := func() net.Conn {
		conn, err := tls.Dial("tcp", listener.LocalAddr().String(), &tls.Config{RootCAs: authority.Pool()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	good := open()
	write(t, good, message("before"))
	in.next(t)
	for _, stream := range []string{
		"A\r\nl: 1\r\nl: 2\r\n\r\nx", "A\r\nl: -1\r\n\r\n", "A\r\nl: 99999\r\n\r\n", strings.Repeat("x", 100000),
	} {
		_, _ = open().Write([]byte(stream))
	}
	eventually(t, "four streams refused", func() bool { return listener.Stats().Malformed == 4 })
	half := open()
	write(t, half, message("whole")+"REGISTER sip:")
	eventually(t, "the half message given up", func() bool { return listener.Stats().TimedOut == 1 })
	write(t, good, message("after"))
	eventually(t, "only the good one open", func() bool { return listener.Stats().Open == 1 })
}

// TestTLSSilentAndBroken: who never shakes hands, or badly, is gone in time and harms nobody.
func TestTLSSilentAndBroken(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	in := make(inbox, 1)
	listener := listenTCP(t, transport.TCPOptions{
		Receive: in.receive, TLS: secure(t, authority, "127.0.0.1"), Handshake: time.Second, MaxPerIP: 2000,
	})
	const silent = 500
	for range silent {
		dial(t, listener.LocalAddr())
	}
	plain := dial(t, listener.LocalAddr())
	write(t, plain, message("this is no TLS"))
	if _, err := io.ReadAll(plain); errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	good, err := tls.Dial("tcp", listener.LocalAddr().String(), &tls.Config{RootCAs: authority.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = good.Close() }()
	write(t, good, message("hello"))
	in.next(t)
	eventually(t, "all others gone", func() bool {
		stats := listener.Stats()
		return stats.HandshakeErrors == silent+1 && stats.Open == 1
	})
}

// TestTLSNewCertificate: a certificate that changes is for new connections; those there are live on.
func TestTLSNewCertificate(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	in := make(inbox, 10)
	config := secure(t, authority, "127.0.0.1")
	first, second := authority.Issue(t, "127.0.0.1"), authority.Issue(t, "127.0.0.1")
	current := make(chan *tls.Certificate, 1)
	current <- &first
	config.Server.Certificates = nil
	config.Server.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		now := <-current
		current <- now
		return now, nil
	}
	listener := listenTCP(t, transport.TCPOptions{Receive: in.receive, TLS: config})
	open := func() (net.Conn, *x509.Certificate) {
		conn, err := tls.Dial("tcp", listener.LocalAddr().String(), &tls.Config{RootCAs: authority.Pool()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn, conn.ConnectionState().PeerCertificates[0]
	}
	old, shown := open()
	if !shown.Equal(first.Leaf) {
		t.Error("another certificate is shown")
	}
	<-current
	current <- &second
	if _, shown := open(); !shown.Equal(second.Leaf) {
		t.Error("the new certificate is not shown")
	}
	write(t, old, message("still here"))
	in.next(t)
}
