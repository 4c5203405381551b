package digest

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// flow is where the captured requests come from.
type flow struct{}

func (flow) Transport() string          { return "WS" }
func (flow) LocalAddr() netip.AddrPort  { return netip.MustParseAddrPort("192.0.2.1:80") }
func (flow) RemoteAddr() netip.AddrPort { return netip.MustParseAddrPort("192.0.2.7:50000") }
func (flow) Send([]byte) error          { return nil }
func (flow) Done() <-chan struct{}      { return nil }
func (flow) Close()                     {}

// TestCaptured reads what real clients answered to other servers, for user alice and password secret.
func TestCaptured(t *testing.T) {
	files, err := filepath.Glob("testdata/captured/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			attempt := capturedAttempt(t, file)
			a := newAuthenticator(newClock())
			if _, err := a.Verify(attempt); !errors.Is(err, ErrStale) {
				t.Errorf("the nonce of another server gives %v", err)
			}
			given, result := choose(attempt)
			if result != accepted {
				t.Fatalf("no credentials: %v", result.err())
			}
			algorithm, result := form(given, attempt)
			if result == accepted && !a.proves(given, attempt, algorithm) {
				result = denied
			}
			if want := capturedOutcome(name); result != want {
				t.Errorf("outcome %v, want %v", result.err(), want.err())
			}
		})
	}
}

func capturedAttempt(t *testing.T, file string) Attempt {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	message, err := sip.ParseMessage(raw)
	if err != nil {
		t.Fatal(err)
	}
	request, ok := message.(*sip.Request)
	if !ok {
		t.Fatalf("message %T", message)
	}
	return AttemptOf(request, flow{}, realm, request.GetHeader("proxy-authorization") != nil)
}

// capturedOutcome is what the name of a capture promises.
func capturedOutcome(name string) outcome {
	switch {
	case strings.Contains(name, "noqop"), strings.Contains(name, "sess"),
		strings.HasPrefix(name, "jssip-register-auth-qop-authint"),
		strings.HasPrefix(name, "sipjs-register-auth-qop-authint"),
		strings.HasPrefix(name, "sipml5-register-auth-qop-authint"):
		return unsupported
	case strings.Contains(name, "wrong-password"), strings.Contains(name, "sha256"):
		return denied // under the name of SHA-256 they send MD5
	default:
		return accepted
	}
}
