package certificatetest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http/httptest"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// ACME is a running Pebble, the small ACME server of Let's Encrypt.
type ACME struct {
	// Directory is its address, Front who signs the certificate of that.
	Directory string
	Front     *Authority
	// Roots is who signs the certificates that it gives.
	Roots *x509.CertPool
}

// StartACME starts one that asks a DNS server for names, and calls who wants a certificate at these ports.
func StartACME(t *testing.T, names string, tlsPort, httpPort int) ACME {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	silent := log.New(io.Discard, "", 0)
	memory := db.NewMemoryStore()
	profiles := map[string]ca.Profile{"default": {Description: "default"}}
	signer := ca.New(silent, memory, "", "ecdsa", 0, 1, profiles)
	validator := va.New(silent, httpPort, tlsPort, false, names, memory)
	front := wfe.New(silent, memory, validator, signer, []string{"pebble.example"}, false, false, 1, 1)
	own := NewAuthority(t)
	server := httptest.NewUnstartedServer(front.Handler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{own.Issue(t, "127.0.0.1")}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(signer.GetRootCert(0).Cert)
	return ACME{Directory: server.URL + wfe.DirectoryPath, Front: own, Roots: roots}
}
