package dtlssrtp

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

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

// Handshake agrees on keys over conn, which is closed when the handshake fails, and else with the session. The context
// bounds the handshake only.
func Handshake(ctx context.Context, conn *Conn, options Options) (*Session, error) {
	own := newLine(conn)
	connection, err := options.connect(own)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("DTLS: %w", err), conn.Close())
	}
	if err = connection.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("DTLS handshake: %w", err), connection.Close(), conn.Close())
	}
	session, err := newSession(conn, connection, own, options)
	if err != nil {
		return nil, errors.Join(err, connection.Close(), conn.Close())
	}
	return session, nil
}

func (o Options) connect(own *line) (*dtls.Conn, error) {
	if o.Client {
		return dtls.ClientWithOptions(own, nowhere{}, each[dtls.ClientOption](o.shared())...)
	}
	// Where the path is proved before DTLS begins a cookie would only cost a round trip.
	return dtls.ServerWithOptions(own, nowhere{}, append(each[dtls.ServerOption](o.shared()),
		dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerifyHello(!o.Unproved))...)
}

// resume has an association go on where it rested. Nothing is sent by that.
func (o Options) resume(state *dtls.State, conn *Conn) (*dtls.Conn, *line, error) {
	own := newLine(conn)
	connection, err := dtls.ResumeWithOptions(state, own, nowhere{}, o.shared()...)
	if err != nil {
		return nil, nil, fmt.Errorf("DTLS: %w", err)
	}
	if err = connection.Handshake(); err != nil {
		return nil, nil, fmt.Errorf("DTLS: %w", err)
	}
	return connection, own, nil
}

func (o Options) shared() []dtls.Option {
	logs := o.Logs
	if logs == nil {
		logs = &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled, Writer: io.Discard}
	}
	return []dtls.Option{
		dtls.WithCertificates(o.Identity.certificate),
		// GCM costs half of what AES-CM with HMAC-SHA1 does.
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM,
			dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		// No authority signs these certificates; the fingerprint takes its place.
		dtls.WithInsecureSkipVerify(true),
		dtls.WithVerifyPeerCertificate(func(certificates [][]byte, _ [][]*x509.Certificate) error {
			return o.Peer.check(certificates)
		}),
		dtls.WithLoggerFactory(logs),
	}
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
