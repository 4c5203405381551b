package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"

	"golang.org/x/sync/errgroup"

	"sipbridge/certificate"
	"sipbridge/configs"
	"sipbridge/sipua/transport"
	"sipbridge/web/admin"
)

// certificates are those of the listeners that speak TLS.
type certificates struct {
	config  configs.TLS
	sources map[string]certificate.Source
	acme    *certificate.ACME // nil for none
	watch   *certificate.Watch
}

// newCertificates reads or makes the certificate of each listener that is open.
func newCertificates(config configs.TLS, listeners configs.Listeners, own []netip.Addr, log *slog.Logger,
) (*certificates, error) {
	c := &certificates{config: config, sources: make(map[string]certificate.Source)}
	if err := c.openACME(listeners, log); err != nil {
		return nil, err
	}
	shared := make(map[configs.KeyPair]certificate.Source)
	var watched []certificate.Watched
	for _, listener := range []struct {
		name      string
		addresses []netip.AddrPort
	}{
		{configs.ListenerHTTPS, listeners.HTTPS},
		{configs.ListenerSIPTLS, listeners.SIPTLS},
		{configs.ListenerRTMPS, listeners.RTMPS},
		{configs.ListenerTURNTLS, listeners.TURNTLS},
	} {
		if len(listener.addresses) == 0 {
			continue
		}
		pair := config.PairOf(listener.name)
		if shared[pair] == nil {
			source, err := c.newSource(pair, own, log)
			if err != nil {
				return nil, err
			}
			shared[pair] = source
		}
		c.sources[listener.name] = shared[pair]
		watched = append(watched, certificate.Watched{Listener: listener.name, Source: shared[pair]})
	}
	c.watch = certificate.NewWatch(watched, log)
	return c, nil
}

// openACME prepares to get certificates, if that is wanted.
func (c *certificates) openACME(listeners configs.Listeners, log *slog.Logger) error {
	config := c.config.ACME
	if !config.IsSet() || len(listeners.HTTPS) == 0 {
		return nil
	}
	authorities, err := certificate.Authorities(config.CA)
	if err != nil {
		return fmt.Errorf("tls.acme.ca: %w", err)
	}
	options := certificate.ACMEOptions{
		Hosts: config.Hosts, Email: config.Email, Directory: config.Directory, Storage: config.Storage,
		Authorities: authorities, HTTPS: listeners.HTTPS[0], Logger: log,
	}
	for _, address := range listeners.HTTP {
		if address.Addr() == options.HTTPS.Addr() {
			options.HTTP = address
		}
	}
	c.acme = certificate.NewACME(options)
	return nil
}

// run gets certificates, if that is wanted, and warns before any ends.
func (c *certificates) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.watch.Run(ctx) })
	if c.acme != nil {
		group.Go(func() error { return c.acme.Run(ctx) })
	}
	return group.Wait()
}

// challenges lets a web server answer the authority.
func (c *certificates) challenges(next http.Handler) http.Handler {
	if c.acme == nil {
		return next
	}
	return c.acme.Challenges(next)
}

// newSource reads a certificate, or gets one, or makes one for this machine.
func (c *certificates) newSource(pair configs.KeyPair, own []netip.Addr, log *slog.Logger,
) (certificate.Source, error) {
	switch {
	case pair.IsSet():
		return certificate.FromFiles(pair.Cert, pair.Key, log)
	case c.acme != nil:
		return c.acme, nil
	}
	hosts := []string{"localhost"}
	for _, address := range own {
		hosts = append(hosts, address.String())
	}
	return certificate.SelfSigned(hosts)
}

// server is TLS for a listener; nil where it has no certificate because it is not open.
func (c *certificates) server(listener string) *tls.Config {
	source := c.sources[listener]
	if source == nil {
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: source.Get}
	if listener == configs.ListenerHTTPS && c.acme != nil {
		config.NextProtos = []string{"http/1.1", certificate.ChallengeProtocol}
	}
	return config
}

// sip is TLS of the SIP transport, both ways.
func (c *certificates) sip(client *tls.Config) (*transport.TLS, error) {
	server := c.server(configs.ListenerSIPTLS)
	if server == nil {
		return nil, nil //nolint:nilnil // there is no such listener
	}
	var err error
	if server.ClientCAs, err = certificate.Authorities(c.config.ClientCA); err != nil {
		return nil, fmt.Errorf("tls.client_ca: %w", err)
	}
	switch {
	case c.config.ClientRequired:
		server.ClientAuth = tls.RequireAndVerifyClientCert
	case c.config.ClientCA != "":
		server.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return &transport.TLS{Server: server, Client: client}, nil
}

// client is TLS toward SIP servers: whom we believe, and what we show to those that ask.
func (c *certificates) client() (*tls.Config, error) {
	authorities, err := certificate.Authorities(c.config.CA)
	if err != nil {
		return nil, fmt.Errorf("tls.ca: %w", err)
	}
	client := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authorities}
	source := c.sources[configs.ListenerSIPTLS]
	if source == nil || !c.config.PairOf(configs.ListenerSIPTLS).IsSet() {
		return client, nil // one made here proves nothing to anybody, and one got here is for servers
	}
	client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return source.Get(nil) }
	return client, nil
}

// metrics tells when certificates end.
func (c *certificates) metrics() []admin.Sample {
	ends := c.watch.Ends()
	samples := make([]admin.Sample, 0, len(ends))
	for listener, end := range ends {
		samples = append(samples, admin.Sample{
			Name: "tls_certificate_end_seconds", Help: "When the certificate of a listener ends, in Unix time.",
			Kind: admin.Gauge, Value: float64(end.Unix()), Labels: []admin.Label{{Name: "listener", Value: listener}},
		})
	}
	return samples
}

// checkCertificates says which files of certificates can't be used.
func checkCertificates(config configs.TLS) error {
	var faults []error
	for name, pair := range config.Pairs() {
		if pair.Cert == "" || pair.Key == "" {
			continue // which Validate says
		}
		if _, err := certificate.FromFiles(pair.Cert, pair.Key, slog.New(slog.DiscardHandler)); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	for name, file := range map[string]string{
		"tls.ca": config.CA, "tls.client_ca": config.ClientCA, "tls.acme.ca": config.ACME.CA,
	} {
		if _, err := certificate.Authorities(file); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(faults...)
}
