package rtmp_test

import (
	"io"
	"testing"
	"time"

	"sipbridge/bridge/bridgetest"
	"sipbridge/signaling/rtmp"
)

// TestPolicyFile asks for the Flash policy file, as the first bytes of a connection.
func TestPolicyFile(t *testing.T) {
	t.Parallel()
	const head, tail = `<?xml version="1.0"?><cross-domain-policy>`, "</cross-domain-policy>\x00"
	for _, test := range []struct {
		name  string
		hosts []string
		want  string
	}{
		{"no hosts", nil, `<site-control permitted-cross-domain-policies="none"/>`},
		{"hosts", []string{"a.test", "*.b.test"}, `<allow-access-from domain="a.test" to-ports="*"/>` +
			`<allow-access-from domain="*.b.test" to-ports="*"/>`},
		{"no markup gets in", []string{`"/><x`}, `<allow-access-from domain="&#34;/&gt;&lt;x" to-ports="*"/>`},
	} {
		w := newWorld(t, func(o *rtmp.Options) { o.PolicyHosts = test.hosts })
		socket := raw(t, w)
		if _, err := io.WriteString(socket, "<policy-file-request/>\x00"); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(socket)
		if err != nil || string(got) != head+test.want+tail {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
		bridgetest.Eventually(t, "it is counted", func() bool {
			stats := w.server.Stats()
			return stats.Policies == 1 && stats.Malformed == 0 && stats.Open == 0
		})
	}
}

// TestPolicyFileLimits keeps the port from answering what is nearly a request, and from waiting for the rest of one.
func TestPolicyFileLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *rtmp.Options) { o.HandshakeTimeout = 200 * time.Millisecond })
	for _, hello := range []string{
		"<", "<policy-file-request/>", "<policy-file-requesT />\x00", "<html><body></body></html>",
	} {
		socket := raw(t, w)
		if _, err := io.WriteString(socket, hello); err != nil {
			t.Fatal(err)
		}
		awaitClosed(t, hello, socket)
	}
	if asked := w.server.Stats().Policies; asked != 0 {
		t.Errorf("the file was given %d times", asked)
	}
}
