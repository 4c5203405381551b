package certificate

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// ErrNoAuthority is the error of a file that holds no certificate of an authority.
var ErrNoAuthority = errors.New("it holds no certificate in PEM")

// Authorities reads the PEM file of those whose signatures are believed. An empty name gives nil: the
// system's own.
func Authorities(name string) (*x509.CertPool, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // tls.Config takes nil for the system's
	}
	text, err := os.ReadFile(name) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("reading authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: %w", name, ErrNoAuthority)
	}
	return pool, nil
}
