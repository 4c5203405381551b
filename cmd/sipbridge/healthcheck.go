package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"sipbridge/configs"
)

// healthcheckTimeout is how long the service may take to say that it is well.
const healthcheckTimeout = 3 * time.Second

var (
	errNoPort    = errors.New("neither listen.http nor listen.https is set, so there is nobody to ask")
	errUnhealthy = errors.New("the service is not well")
)

// healthcheck asks the service of this configuration, on this machine, for /healthz.
func healthcheck(ctx context.Context, config *configs.Config) error {
	url, err := healthURL(config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		//nolint:gosec // nothing secret is said, and the certificate may name other hosts than the address asked
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s answers %s", errUnhealthy, url, response.Status)
	}
	return nil
}

// healthURL prefers http, where no handshake is needed, and the first address, which is loopback where
// there are several.
func healthURL(config *configs.Config) (string, error) {
	own, err := configs.OwnAddresses()
	if err != nil {
		return "", err
	}
	listeners, err := config.Listen.Expand(own)
	if err != nil {
		return "", err
	}
	for _, choice := range []struct {
		scheme    string
		addresses []netip.AddrPort
	}{{"http", listeners.HTTP}, {"https", listeners.HTTPS}} {
		if len(choice.addresses) > 0 {
			return fmt.Sprintf("%s://%s/healthz", choice.scheme, choice.addresses[0]), nil
		}
	}
	return "", errNoPort
}
