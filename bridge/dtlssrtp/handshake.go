package dtlssrtp

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	pion "github.com/pion/srtp/v3"

	"sipbridge/bridge/srtp"
)

// ErrNoProfile means that the peer agreed to no way of protecting media.
var ErrNoProfile = errors.New("dtlssrtp: no SRTP protection profile in common")

// Options says how a handshake goes.
type Options struct {
	// Identity is our certificate. Required.
	Identity *Identity
	// Client tells that we begin: we are active (RFC 5763 section 5).
	Client bool
	// Peer is the fingerprint of the certificate that the peer must show.
	Peer Fingerprint
	// Unproved tells that a packet may have another source than it says: clients have to prove where they are by a
	// cookie (RFC 6347 section 4.2.1).
	Unproved bool
	// Logs gets what pion has to say; nil for nobody.
	Logs logging.LoggerFactory
}

// Handshake agrees on keys over conn, which carries the DTLS packets of one peer and nothing else; it is closed when
// the handshake fails, and else with the session. The context bounds the handshake only.
func Handshake(ctx context.Context, conn net.PacketConn, options Options) (*Session, error) {
	connection, err := options.connect(conn)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("DTLS: %w", err), conn.Close())
	}
	if err = connection.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("DTLS handshake: %w", err), connection.Close())
	}
	session, err := newSession(connection, options.Client)
	if err != nil {
		return nil, errors.Join(err, connection.Close())
	}
	return session, nil
}

func (o Options) connect(conn net.PacketConn) (*dtls.Conn, error) {
	if o.Logs == nil {
		o.Logs = &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled, Writer: io.Discard}
	}
	shared := []dtls.Option{
		dtls.WithCertificates(o.Identity.certificate),
		// GCM costs half of what AES-CM with HMAC-SHA1 does.
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM,
			dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		// No authority signs these certificates; the fingerprint takes its place.
		dtls.WithInsecureSkipVerify(true),
		dtls.WithVerifyPeerCertificate(func(certificates [][]byte, _ [][]*x509.Certificate) error {
			return o.Peer.check(certificates)
		}),
		dtls.WithLoggerFactory(o.Logs),
	}
	if o.Client {
		return dtls.ClientWithOptions(conn, nowhere{}, each[dtls.ClientOption](shared)...)
	}
	// Where the path is proved before DTLS begins a cookie would only cost a round trip.
	return dtls.ServerWithOptions(conn, nowhere{}, append(each[dtls.ServerOption](shared),
		dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerifyHello(!o.Unproved))...)
}

func each[Kind any](options []dtls.Option) []Kind {
	list := make([]Kind, 0, len(options)+2)
	for _, option := range options {
		if kind, ok := any(option).(Kind); ok {
			list = append(list, kind)
		}
	}
	return list
}

// nowhere is the peer's address for pion, which hands it back to a connection that knows its peer itself.
type nowhere struct{}

// Network is the name of a network that is none.
func (nowhere) Network() string { return "peer" }

// String is the address.
func (nowhere) String() string { return "peer" }

// profile gives what DTLS agreed on, as we call it and as pion does.
func profile(connection *dtls.Conn) (srtp.Suite, pion.ProtectionProfile, error) {
	chosen, _ := connection.SelectedSRTPProtectionProfile()
	switch chosen {
	case dtls.SRTP_AEAD_AES_128_GCM:
		return srtp.AEADAES128GCM, pion.ProtectionProfileAeadAes128Gcm, nil
	case dtls.SRTP_AEAD_AES_256_GCM:
		return srtp.AEADAES256GCM, pion.ProtectionProfileAeadAes256Gcm, nil
	case dtls.SRTP_AES128_CM_HMAC_SHA1_80:
		return srtp.AESCM128SHA180, pion.ProtectionProfileAes128CmHmacSha1_80, nil
	default:
		return 0, 0, ErrNoProfile
	}
}
