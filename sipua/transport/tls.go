package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"time"
)

// TLS makes TLS of the connections of a TCP (RFC 3261 section 26.3.1).
type TLS struct {
	// Server is for connections that come in: its certificate is ours. Required.
	Server *tls.Config
	// Client is for connections that we begin: its RootCAs are believed, the system's if there are none. The name that
	// the peer's certificate must be for is the Target's, as a sip: URI or by DNS (RFC 5922). Required.
	Client *tls.Config
}

// secure begins the server's side of TLS on a connection that came in; the handshake itself is the reader's.
func (o TCPOptions) secure(conn net.Conn) net.Conn {
	if o.TLS == nil {
		return conn
	}
	return tls.Server(conn, o.TLS.Server)
}

// dialTLS connects and shakes hands. The name goes out as SNI, and the certificate must be for it.
func (o TCPOptions) dialTLS(ctx context.Context, target Target) (net.Conn, error) {
	config := o.TLS.clientConfig(target.Name())
	return (&tls.Dialer{NetDialer: dialer(), Config: config}).DialContext(ctx, "tcp", target.Address.String())
}

// shakeHands completes TLS on a connection that came in, and reports false if it can't be.
func (f *TCPFlow) shakeHands(ctx context.Context) bool {
	conn, ok := f.conn.(*tls.Conn)
	if !ok || f.began() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, f.tcp.options.Handshake)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		f.tcp.counts.handshakeErrors.Add(1)
		return false
	}
	f.learnPeer()
	return true
}

// learnPeer notes the certificate that the peer proved to hold, if it did. Who was called has proved it, or there were
// no connection.
func (f *TCPFlow) learnPeer() {
	conn, ok := f.conn.(*tls.Conn)
	if !ok {
		return
	}
	state := conn.ConnectionState()
	if f.began() || len(state.VerifiedChains) > 0 {
		f.peer.Store(state.PeerCertificates[0])
	}
}

// provenFor tells whether the peer's certificate, which somebody whom we believe has signed, is for a name.
func (f *TCPFlow) provenFor(name string) bool {
	certificate := f.peer.Load()
	return certificate != nil && certifies(certificate, name) == nil
}

// Peer is the certificate that the peer proved to hold and that somebody whom we believe has signed; nil if there
// is none, as on TCP.
func (f *TCPFlow) Peer() *x509.Certificate { return f.peer.Load() }

// dialer finds out in a minute and a half that a peer has vanished.
func dialer() *net.Dialer { return &net.Dialer{KeepAliveConfig: keepAliveProbes()} }

// keepAliveProbes are TCP's own: they find a peer that is gone and never said so.
func keepAliveProbes() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 10 * time.Second, Count: 3}
}
