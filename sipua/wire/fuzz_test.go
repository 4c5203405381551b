package wire_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sipbridge/sipua/wire"
)

func seed(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/rfc*/*.dat", "testdata/clients/*.sip"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
}

// FuzzParse holds that whatever is read can be written, and reads the same again; and that every refusal
// that is answered can be answered.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		message, err := wire.Parse(raw, wire.WebSocketLimits())
		if err == nil {
			again(t, message)
			return
		}
		var refusal *wire.Error
		if !errors.As(err, &refusal) || refusal.Reason == "Malformed Message" {
			t.Fatalf("a panic was recovered: %v", err)
		}
		if response := refusal.Response(); response != nil {
			if _, err := wire.Bytes(response); err != nil {
				t.Fatalf("%v can't be answered: %v", refusal, err)
			}
		}
	})
}

// FuzzRedact holds that no credential stays and nothing panics.
func FuzzRedact(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		secret := "Zq7Zq7Zq7"
		if strings.Contains(string(raw), secret) {
			return
		}
		line := []byte(string(raw) + "\r\nAuthorization: Digest " + secret + "\r\n;ha1=" + secret + "\r\na=ice-pwd:" + secret)
		if strings.Contains(string(wire.Redact(line)), secret) {
			t.Fatalf("kept the secret of %q", line)
		}
	})
}
