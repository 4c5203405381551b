package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call runs a command line and gives what it printed and its exit status.
func call(t *testing.T, environ []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errors bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	status = run(ctx, args, environ, &out, &errors)
	return out.String(), errors.String(), status
}

func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sipbridge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	fine := configFile(t, "log: {level: debug}")
	bad := configFile(t, "log: {level: loud}\ncall: {ring: 0s}")
	unknown := configFile(t, "listen: {htp: x}")
	noTrunk := configFile(t, "routes: [{from: users, match: x, to: 'trunk:nosuch'}]")
	noCertificate := configFile(t, "tls: {cert: /nowhere/cert.pem, key: /nowhere/key.pem}")
	for _, test := range []struct {
		args           []string
		environ        []string
		status         int
		stdout, stderr string
	}{
		{args: []string{"version"}, status: exitFine, stdout: "sipbridge " + version},
		{args: []string{"--version"}, status: exitFine, stdout: version},
		{args: []string{"--help"}, status: exitFine, stdout: "Usage:"},
		{args: []string{"help"}, status: exitFine, stdout: "Usage:"},
		{args: []string{"serve", "--help"}, status: exitFine, stdout: "Usage:"},
		{args: nil, status: exitUsage, stderr: "Usage:"},
		{args: []string{"dance"}, status: exitUsage, stderr: `unknown command "dance"`},
		{args: []string{"check", "--confg", fine}, status: exitUsage, stderr: "not defined"},
		{args: []string{"check", fine}, status: exitUsage, stderr: "Usage:"},
		{args: []string{"check"}, status: exitFine, stdout: "the built-in configuration is fine"},
		{args: []string{"check", "--config", fine}, status: exitFine, stdout: fine + " is fine"},
		{args: []string{"check", "--config", bad}, status: exitError, stderr: "log.level"},
		{args: []string{"check", "--config", bad}, status: exitError, stderr: "call.ring"},
		{args: []string{"check", "--config", unknown}, status: exitError, stderr: `nearest one is "listen.http"`},
		{args: []string{"check", "--config", noTrunk}, status: exitError, stderr: "nosuch"},
		{args: []string{"check", "--config", noCertificate}, status: exitError, stderr: "/nowhere/cert.pem"},
		{args: []string{"check", "--config", "/nowhere/x.yaml"}, status: exitError, stderr: "/nowhere/x.yaml"},
		{args: []string{"serve", "--config", bad}, status: exitError, stderr: "log.level"},
		{
			args: []string{"check", "--config", fine}, environ: []string{"SIPBRIDGE_LISTEN_PUBLIC=true"},
			status: exitError, stderr: "there are no users",
		},
	} {
		stdout, stderr, status := call(t, test.environ, test.args...)
		if status != test.status {
			t.Errorf("%v exits with %d, not %d", test.args, status, test.status)
		}
		if !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) {
			t.Errorf("%v prints %q and %q", test.args, stdout, stderr)
		}
	}
}

func TestUsageFitsAScreen(t *testing.T) {
	t.Parallel()
	if lines := strings.Count(usage, "\n"); lines > 24 {
		t.Errorf("the usage has %d lines", lines)
	}
	for line := range strings.SplitSeq(usage, "\n") {
		if len(line) > 100 {
			t.Errorf("a line is too long for a terminal: %s", line)
		}
	}
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		answer, status int
	}{{http.StatusOK, exitFine}, {http.StatusServiceUnavailable, exitError}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/healthz" {
				t.Errorf("it asks for %s", r.URL.Path)
			}
			w.WriteHeader(test.answer)
		}))
		address := strings.TrimPrefix(server.URL, "http://")
		_, stderr, status := call(t, []string{"SIPBRIDGE_LISTEN_HTTP=" + address}, "healthcheck")
		if status != test.status {
			t.Errorf("a service that answers %d gives exit status %d: %s", test.answer, status, stderr)
		}
		server.Close()
		if _, _, status := call(t, []string{"SIPBRIDGE_LISTEN_HTTP=" + address}, "healthcheck"); status != exitError {
			t.Errorf("a service that is not there gives exit status %d", status)
		}
	}
}

func TestHealthcheckOverTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "https://")
	_, stderr, status := call(t, []string{"SIPBRIDGE_LISTEN_HTTP=", "SIPBRIDGE_LISTEN_HTTPS=" + address}, "healthcheck")
	if status != exitError || !strings.Contains(stderr, "404") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
}
