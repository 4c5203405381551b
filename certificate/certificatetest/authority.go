// Package certificatetest makes certificates for tests: an authority, and what it signs.
package certificatetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Authority signs certificates.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority makes one that nobody knows yet.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{key: newKey(tb)}
	template := &x509.Certificate{
		SerialNumber: newSerial(tb), Subject: pkix.Name{CommonName: "Test Authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	a.certificate = sign(tb, template, template, a.key, a.key)
	return a
}

// Pool is whom to believe: this authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Issue signs a certificate for names, IP addresses and sip: URIs, good for a day.
func (a *Authority) Issue(tb testing.TB, hosts ...string) tls.Certificate {
	tb.Helper()
	return a.IssueUntil(tb, time.Now().Add(24*time.Hour), hosts...)
}

// IssueUntil signs a certificate that ends at a time.
func (a *Authority) IssueUntil(tb testing.TB, end time.Time, hosts ...string) tls.Certificate {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: newSerial(tb), Subject: pkix.Name{CommonName: hosts[0]},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: end, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, host := range hosts {
		switch ip := net.ParseIP(host); {
		case ip != nil:
			template.IPAddresses = append(template.IPAddresses, ip)
		case strings.HasPrefix(host, "sip:"):
			template.URIs = append(template.URIs, &url.URL{Scheme: "sip", Opaque: strings.TrimPrefix(host, "sip:")})
		default:
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	key := newKey(tb)
	leaf := sign(tb, template, a.certificate, key, a.key)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

// WriteAuthority writes the authority's own certificate, PEM, and gives the file's name.
func (a *Authority) WriteAuthority(tb testing.TB, folder string) string {
	tb.Helper()
	name := filepath.Join(folder, "authority.pem")
	writePEM(tb, name, "CERTIFICATE", a.certificate.Raw)
	return name
}

// Write writes a certificate and its key, PEM, as cert.pem and key.pem, and gives the files' names.
func Write(tb testing.TB, folder string, certificate tls.Certificate) (certFile, keyFile string) {
	tb.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		tb.Fatal(err)
	}
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	writePEM(tb, certFile, "CERTIFICATE", certificate.Certificate[0])
	writePEM(tb, keyFile, "PRIVATE KEY", key)
	return certFile, keyFile
}

// WriteOne writes a certificate and its key into one file, PEM, and gives its name.
func WriteOne(tb testing.TB, folder string, certificate tls.Certificate) string {
	tb.Helper()
	certFile, keyFile := Write(tb, folder, certificate)
	name := filepath.Join(folder, "both.pem")
	var both []byte
	for _, part := range []string{certFile, keyFile} {
		text, err := os.ReadFile(part)
		if err != nil {
			tb.Fatal(err)
		}
		both = append(both, text...)
	}
	if err := os.WriteFile(name, both, 0o600); err != nil {
		tb.Fatal(err)
	}
	return name
}

func writePEM(tb testing.TB, name, kind string, der []byte) {
	tb.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func newSerial(tb testing.TB) *big.Int {
	tb.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		tb.Fatal(err)
	}
	return serial
}

func sign(tb testing.TB, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		tb.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return certificate
}
