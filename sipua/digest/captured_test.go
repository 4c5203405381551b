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

// TestCaptured reads what real clients answered to a server whose nonces aren't ours. ErrStale therefore means: the
// response is right, for user alice and password secret.
func TestCaptured(t *testing.T) {
	files, err := filepath.Glob("testdata/captured/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
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
			proxy := request.GetHeader("proxy-authorization") != nil
			_, err = newAuthenticator(newClock()).Verify(AttemptOf(request, flow{}, realm, proxy))
			if want := capturedOutcome(name); !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
		})
	}
}

// capturedOutcome is what the name of a capture promises.
func capturedOutcome(name string) error {
	switch {
	case strings.Contains(name, "noqop"), strings.Contains(name, "sess"),
		strings.HasPrefix(name, "jssip-register-auth-qop-authint"),
		strings.HasPrefix(name, "sipjs-register-auth-qop-authint"),
		strings.HasPrefix(name, "sipml5-register-auth-qop-authint"):
		return ErrUnsupported
	case strings.Contains(name, "wrong-password"), strings.Contains(name, "sha256"):
		return ErrDenied // all of them put MD5 under the name of SHA-256
	default:
		return ErrStale
	}
}
