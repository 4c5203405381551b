package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// lookEvery is how often the files of a certificate are looked at, at most.
const lookEvery = 500 * time.Millisecond

// Files is the certificate of two PEM files, and its successor once they change: whoever renews certificates need not
// tell sipbridge. The files are looked at during handshakes, and a successor that cannot be used is logged and left.
type Files struct {
	cert, key string
	logger    *slog.Logger
	every     time.Duration

	// current is the certificate in use; nobody changes what it points to.
	current atomic.Pointer[loaded]
	// looking is true while one handshake looks at the files for all.
	looking atomic.Bool
}

// FromFiles reads a certificate with its chain, and its key.
func FromFiles(certFile, keyFile string, logger *slog.Logger) (*Files, error) {
	files := &Files{cert: certFile, key: keyFile, logger: logger, every: lookEvery}
	first, err := files.load()
	if err != nil {
		return nil, err
	}
	files.current.Store(first)
	return files, nil
}

type loaded struct {
	certificate *tls.Certificate
	// changed tells when the files were last written.
	changed [2]time.Time
	// looked is when the files were last looked at.
	looked time.Time
}

// Get gives the certificate in use.
func (f *Files) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	current := f.current.Load()
	if time.Since(current.looked) < f.every || !f.looking.CompareAndSwap(false, true) {
		return current.certificate, nil
	}
	defer f.looking.Store(false)
	next := f.successor(current)
	f.current.Store(next)
	return next.certificate, nil
}

// Leaf is the certificate in use.
func (f *Files) Leaf() *x509.Certificate { return f.current.Load().certificate.Leaf }

// successor gives what the files hold now, or the same certificate if they did not change or cannot
// be used.
func (f *Files) successor(current *loaded) *loaded {
	same := &loaded{certificate: current.certificate, changed: current.changed, looked: time.Now()}
	changed, err := f.changed()
	if err != nil || changed == current.changed {
		return same
	}
	next, err := f.load()
	if err != nil {
		f.logger.Error("the new certificate cannot be used; the old one stays", "error", err)
		same.changed = changed // so that it is logged once
		return same
	}
	f.logger.Info("the certificate was read again", "file", f.cert)
	return next
}

func (f *Files) load() (*loaded, error) {
	changed, err := f.changed()
	if err != nil {
		return nil, err
	}
	certificate, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate %s with its key %s: %w", f.cert, f.key, err)
	}
	return &loaded{certificate: &certificate, changed: changed, looked: time.Now()}, nil
}

func (f *Files) changed() (times [2]time.Time, err error) {
	for i, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return times, fmt.Errorf("looking at a file of the certificate: %w", err)
		}
		times[i] = info.ModTime()
	}
	return times, nil
}
