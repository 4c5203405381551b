package certificate

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sipbridge/certificate/certificatetest"
)

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestSelfSignedServesItsHosts(t *testing.T) {
	t.Parallel()
	source, err := SelfSigned([]string{"127.0.0.1", "::1", "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	leaf := source.Leaf()
	trusted := x509.NewCertPool()
	trusted.AddCert(leaf)
	for _, name := range []string{"127.0.0.1", "localhost", "::1"} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: trusted}); err != nil {
			t.Error(err)
		}
	}
	if err := leaf.VerifyHostname("other.example"); err == nil {
		t.Error("the certificate names a host that is not ours")
	}
	if time.Until(leaf.NotAfter) > 398*24*time.Hour || time.Until(leaf.NotAfter) < 300*24*time.Hour {
		t.Errorf("the certificate ends at %v", leaf.NotAfter)
	}
}

// write writes a new certificate and its key, last written at this time, and gives the file names.
func write(t *testing.T, folder, host string, written time.Time) (certFile, keyFile string) {
	t.Helper()
	certFile, keyFile = certificatetest.Write(t, folder, certificatetest.NewAuthority(t).Issue(t, host))
	for _, name := range []string{certFile, keyFile} {
		if err := os.Chtimes(name, written, written); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// mustBeFor expects the certificate in use to be for a host.
func mustBeFor(t *testing.T, source Source, host string) {
	t.Helper()
	certificate, err := source.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := certificate.Leaf.DNSNames[0]; got != host || source.Leaf() != certificate.Leaf {
		t.Errorf("the certificate is for %s, want %s", got, host)
	}
}

func TestFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	folder, now := t.TempDir(), time.Now()
	certFile, keyFile := write(t, folder, "first.example", now.Add(-time.Hour))
	files, err := FromFiles(certFile, keyFile, silent())
	if err != nil {
		t.Fatal(err)
	}
	files.every = 0
	mustBeFor(t, files, "first.example")
	write(t, folder, "second.example", now)
	mustBeFor(t, files, "second.example")
	if err := os.WriteFile(certFile, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustBeFor(t, files, "second.example")
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	mustBeFor(t, files, "second.example")
}

// TestFilesWithinASecond holds the bar for a renewal: the next handshake a second later has the new certificate.
func TestFilesWithinASecond(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certFile, keyFile := write(t, folder, "first.example", time.Now().Add(-time.Hour))
	files, err := FromFiles(certFile, keyFile, silent())
	if err != nil {
		t.Fatal(err)
	}
	if files.every >= time.Second {
		t.Fatalf("files are looked at every %v", files.every)
	}
	mustBeFor(t, files, "first.example")
	write(t, folder, "second.example", time.Now())
	mustBeFor(t, files, "first.example") // not looked at in every handshake
	for deadline := time.Now().Add(20 * time.Second); files.Leaf().DNSNames[0] != "second.example"; {
		if _, err := files.Get(nil); err != nil || time.Now().After(deadline) {
			t.Fatal("the new certificate is not used", err)
		}
	}
}

func TestFilesRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certFile, keyFile := write(t, folder, "first.example", time.Now())
	if _, err := FromFiles(certFile, filepath.Join(folder, "none"), silent()); err == nil {
		t.Error("a certificate without a key was taken")
	}
	if _, err := FromFiles(keyFile, keyFile, silent()); err == nil {
		t.Error("a key was taken for a certificate")
	}
}

func TestAuthorities(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	authority := certificatetest.NewAuthority(t)
	pool, err := Authorities(authority.WriteAuthority(t, folder))
	if err != nil || !pool.Equal(authority.Pool()) {
		t.Errorf("another pool, %v", err)
	}
	if pool, err := Authorities(""); pool != nil || err != nil {
		t.Errorf("no file gives %v, %v", pool, err)
	}
	_, keyFile := certificatetest.Write(t, folder, authority.Issue(t, "a.example"))
	if _, err := Authorities(keyFile); err == nil {
		t.Error("a key was taken for an authority")
	}
}

// TestWatch: a warning a day from 14 days before the end.
func TestWatch(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t)
	end := time.Now().Add(30 * 24 * time.Hour).Truncate(time.Second)
	own := authority.IssueUntil(t, end, "a.example")
	var log bytes.Buffer
	watch := NewWatch([]Watched{
		{Listener: "https", Source: fixed{&own}}, {Listener: "none", Source: fixed{&tls.Certificate{}}},
	}, slog.New(slog.NewTextHandler(&log, nil)))
	told := make(map[string]time.Time)
	for hour := range 17 * 24 { // until a day after the alarm is due
		watch.now = func() time.Time { return end.Add(-30*24*time.Hour + time.Duration(hour)*time.Hour) }
		before := log.Len()
		watch.look(told)
		if warned := log.Len() > before; warned != (hour == 16*24) {
			t.Errorf("%v before the end: warned %v", end.Sub(watch.now()), warned)
		}
	}
	if !strings.Contains(log.String(), "listener=https") {
		t.Errorf("logged %q", log.String())
	}
	if ends := watch.Ends(); len(ends) != 1 || !ends["https"].Equal(end) {
		t.Errorf("ends %v", ends)
	}
}
