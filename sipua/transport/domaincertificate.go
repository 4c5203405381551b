package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

var (
	errOtherDomain   = errors.New("transport: certificate of another SIP domain")
	errNoCertificate = errors.New("transport: no certificate")
)

// clientConfig is TLS toward a peer that must prove a name. crypto/tls knows no sip: URIs, so it is told to check
// nothing, and all is checked here.
func (t *TLS) clientConfig(name string) *tls.Config {
	config := t.Client.Clone()
	config.ServerName = name
	config.InsecureSkipVerify = true
	config.VerifyConnection = func(state tls.ConnectionState) error {
		return verify(state.PeerCertificates, t.Client, name)
	}
	return config
}

// verify checks that a certificate, with those that follow it, is signed by an authority that we believe, is good now,
// and is for a name.
func verify(certificates []*x509.Certificate, config *tls.Config, name string) error {
	if len(certificates) == 0 {
		return errNoCertificate
	}
	options := x509.VerifyOptions{Roots: config.RootCAs, Intermediates: x509.NewCertPool()}
	for _, intermediate := range certificates[1:] {
		options.Intermediates.AddCert(intermediate)
	}
	if _, err := certificates[0].Verify(options); err != nil {
		return fmt.Errorf("transport: certificate: %w", err)
	}
	return certifies(certificates[0], name)
}

// certifies says why a certificate is not for a host; nil if it is (RFC 5922 sections 7.1 and 7.2). One with sip: URIs
// is for the domains of those alone, else its DNS names count. Those may have a wildcard, which the RFC forbids and
// carriers have. An address must be among its addresses.
func certifies(certificate *x509.Certificate, host string) error {
	_, notAddress := netip.ParseAddr(host)
	if domains := sipDomains(certificate); notAddress != nil && len(domains) > 0 {
		if slices.Contains(domains, plainHost(host)) {
			return nil
		}
		return fmt.Errorf("%w: it is for %s, not %s", errOtherDomain, strings.Join(domains, ", "), host)
	}
	if err := certificate.VerifyHostname(bracketed(host)); err != nil {
		return fmt.Errorf("transport: certificate: %w", err)
	}
	return nil
}

// sipDomains are the domains that a certificate names as sip: URIs. A URI with a user names that user alone.
func sipDomains(certificate *x509.Certificate) []string {
	var domains []string
	for _, uri := range certificate.URIs {
		if uri.Scheme != "sip" || strings.Contains(uri.Opaque, "@") {
			continue
		}
		host, _, _ := strings.Cut(uri.Opaque, ";")
		host, _, _ = strings.Cut(host, ":")
		domains = append(domains, plainHost(host))
	}
	return domains
}

// plainHost writes a name as names are compared.
func plainHost(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// bracketed writes an IPv6 address as x509 wants it.
func bracketed(name string) string {
	if address, err := netip.ParseAddr(name); err == nil && address.Is6() {
		return "[" + name + "]"
	}
	return name
}
