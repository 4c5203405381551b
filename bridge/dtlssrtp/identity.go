package dtlssrtp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// identityYears is how long the certificate of a process is valid. Peers trust it by its fingerprint alone.
const identityYears = 10

// Identity is our certificate and its key. It is not changed, and may be used by any number of sessions.
type Identity struct {
	certificate tls.Certificate
	fingerprint Fingerprint
}

// NewIdentity makes a key and a self-signed ECDSA P-256 certificate for it (RFC 8827 section 6.5).
func NewIdentity() (*Identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("DTLS key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("DTLS certificate: %w", err)
	}
	name := pkix.Name{CommonName: "WebRTC"}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Issuer: name, Subject: name, Version: 2,
		NotBefore: now.AddDate(0, 0, -1), // clocks differ
		NotAfter:  now.AddDate(identityYears, 0, 0),
	}
	text, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("DTLS certificate: %w", err)
	}
	return &Identity{
		certificate: tls.Certificate{Certificate: [][]byte{text}, PrivateKey: key},
		fingerprint: Fingerprint{Hash: "sha-256", Value: hexadecimal(sha256.New(), text)},
	}, nil
}

// Fingerprint is what signalling tells the peer of our certificate.
func (i *Identity) Fingerprint() Fingerprint { return i.fingerprint }
