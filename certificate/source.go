package certificate

import (
	"crypto/tls"
	"crypto/x509"
)

// Source is where a listener has its certificate from. It is safe for concurrent handshakes.
type Source interface {
	// Get gives the certificate for a handshake, as tls.Config.GetCertificate does.
	Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error)
	// Leaf is the certificate in use now; nil if there is none yet.
	Leaf() *x509.Certificate
}

// fixed is a certificate that never changes.
type fixed struct{ certificate *tls.Certificate }

// Get gives it.
func (f fixed) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.certificate, nil }

// Leaf gives it.
func (f fixed) Leaf() *x509.Certificate { return f.certificate.Leaf }
