package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// ChallengeProtocol is the ALPN word of the challenge TLS-ALPN-01 (RFC 8737 section 3). The listener that answers it
// has to take it.
const ChallengeProtocol = "acme-tls/1"

// ACMEOptions say which certificates to get, and from whom (RFC 8555).
type ACMEOptions struct {
	// Hosts are the names that the certificates are for; clients that name none get that of the first.
	Hosts []string
	// Email is where the authority writes if something is wrong; it may be empty.
	Email string
	// Directory is the URL of the authority.
	Directory string
	// Storage is a folder for certificates, keys and the account.
	Storage string
	// Authorities sign the certificate of the directory itself; nil for the system's.
	Authorities *x509.CertPool
	// HTTPS is where challenges by TLS-ALPN-01 come in, and HTTP those by HTTP-01; HTTP may be the zero value. The
	// authority calls at ports 443 and 80, which have to be led here.
	HTTPS, HTTP netip.AddrPort
	Logger      *slog.Logger
}

// ACME gets certificates from an authority and renews them in time.
type ACME struct {
	hosts  []string
	logger *slog.Logger
	config *certmagic.Config
	cache  *certmagic.Cache
	issuer *certmagic.ACMEIssuer
}

var _ Source = (*ACME)(nil)

// NewACME makes a source that has no certificate before Run, unless one is in storage.
func NewACME(options ACMEOptions) *ACME {
	silent := zap.NewNop() // what matters comes as events
	a := &ACME{hosts: options.Hosts, logger: options.Logger}
	a.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return a.config, nil },
		Logger:           silent,
	})
	a.config = certmagic.New(a.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: options.Storage}, DefaultServerName: options.Hosts[0],
		FallbackServerName: options.Hosts[0], OnEvent: a.event, Logger: silent,
	})
	a.issuer = certmagic.NewACMEIssuer(a.config, certmagic.ACMEIssuer{
		CA: options.Directory, TestCA: options.Directory, Email: options.Email, Agreed: true,
		TrustedRoots: options.Authorities, Logger: silent,
		// It would listen itself, but finds these taken, by us.
		ListenHost: options.HTTPS.Addr().String(), AltTLSALPNPort: int(options.HTTPS.Port()),
		AltHTTPPort: int(options.HTTP.Port()), DisableHTTPChallenge: options.HTTP.Addr() != options.HTTPS.Addr(),
	})
	a.config.Issuers = []certmagic.Issuer{a.issuer}
	return a
}

// Run gets what is missing, and renews, until ctx ends.
func (a *ACME) Run(ctx context.Context) error {
	defer a.cache.Stop()
	if err := a.config.ManageAsync(ctx, a.hosts); err != nil {
		return fmt.Errorf("certificates of %v: %w", a.hosts, err)
	}
	<-ctx.Done()
	return nil
}

// Get gives the certificate for a handshake, or that of a challenge.
func (a *ACME) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return a.config.GetCertificate(hello)
}

// Leaf is the certificate of the first host.
func (a *ACME) Leaf() *x509.Certificate {
	var newest *x509.Certificate
	for _, certificate := range a.cache.AllMatchingCertificates(a.hosts[0]) {
		if newest == nil || certificate.Leaf.NotAfter.After(newest.NotAfter) {
			newest = certificate.Leaf
		}
	}
	return newest
}

// Challenges answers challenges by HTTP-01 (RFC 8555 section 8.3); everything else is next's.
func (a *ACME) Challenges(next http.Handler) http.Handler { return a.issuer.HTTPChallengeHandler(next) }

// event tells the operator what became of a certificate.
func (a *ACME) event(_ context.Context, name string, data map[string]any) error {
	switch name {
	case "cert_obtained":
		a.logger.Info("a certificate was obtained", "host", data["identifier"], "renewed", data["renewal"])
	case "cert_failed":
		a.logger.Error("a certificate could not be obtained", "host", data["identifier"], "error", data["error"])
	}
	return nil
}
