package webrtcmedia

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/pion/webrtc/v4"
)

// certificateYears is how long the certificate of a process is valid. Browsers trust it by its
// fingerprint alone; pion however opens no connection with an expired one, and by default makes
// certificates for a month.
const certificateYears = 10

// newCertificate makes the self-signed ECDSA P-256 certificate of this process (RFC 8827 section 6.5).
func newCertificate() (webrtc.Certificate, webrtc.DTLSFingerprint, error) {
	none := webrtc.DTLSFingerprint{}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return webrtc.Certificate{}, none, fmt.Errorf("DTLS key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return webrtc.Certificate{}, none, fmt.Errorf("DTLS certificate: %w", err)
	}
	name := pkix.Name{CommonName: "WebRTC"}
	now := time.Now()
	certificate, err := webrtc.NewCertificate(key, x509.Certificate{
		SerialNumber: serial,
		Issuer:       name,
		Subject:      name,
		NotBefore:    now.AddDate(0, 0, -1), // browsers' clocks differ
		NotAfter:     now.AddDate(certificateYears, 0, 0),
		Version:      2,
	})
	if err != nil {
		return webrtc.Certificate{}, none, fmt.Errorf("DTLS certificate: %w", err)
	}
	fingerprints, err := certificate.GetFingerprints()
	if err != nil {
		return webrtc.Certificate{}, none, fmt.Errorf("DTLS fingerprint: %w", err)
	}
	if len(fingerprints) == 0 {
		return webrtc.Certificate{}, none, errors.New("DTLS certificate without a fingerprint")
	}
	return *certificate, fingerprints[0], nil
}
