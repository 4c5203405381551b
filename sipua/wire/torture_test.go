package wire_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"sipbridge/sipua/wire"
)

// refusals are the messages of RFC 4475 and RFC 5118 that Parse refuses, and with what. All others in
// testdata are read; what else they deserve (415, 420, 481, 483) is for the user agent.
func refusals() map[string]int {
	return map[string]int{
		"rfc4475/badinv01.dat": 400, "rfc4475/clerr.dat": 400, "rfc4475/ncl.dat": 400,
		"rfc4475/scalar02.dat": 400, "rfc4475/scalarlg.dat": 400, "rfc4475/quotbal.dat": 400,
		"rfc4475/ltgtruri.dat": 400, "rfc4475/lwsruri.dat": 400, "rfc4475/lwsstart.dat": 400,
		"rfc4475/trws.dat": 400, "rfc4475/escruri.dat": 400, "rfc4475/regbadct.dat": 400,
		"rfc4475/badaspec.dat": 400, "rfc4475/baddn.dat": 400, "rfc4475/baddn-terminated.dat": 400,
		"rfc4475/badvers.dat": 505, "rfc4475/mismatch01.dat": 400, "rfc4475/mismatch02.dat": 400,
		"rfc4475/bigcode.dat": 400, "rfc4475/insuf.dat": 400, "rfc4475/unkscm.dat": 416,
		"rfc4475/novelsc.dat": 416, "rfc4475/multi01.dat": 400, "rfc4475/mcl01.dat": 400,
		"rfc5118/ipv6-bad.dat": 400,
	}
}

func TestTorture(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/rfc*/*.dat")
	if err != nil || len(files) != 65 {
		t.Fatalf("got %d torture messages, want 65 (%v)", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimPrefix(filepath.ToSlash(file), "testdata/")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := read(t, file)
			message, err := wire.Parse(raw, wire.StreamLimits())
			status, refused := refusals()[name]
			if !refused {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				again(t, message)
				return
			}
			checkRefusal(t, err, status, strings.HasPrefix(string(raw), "SIP/"))
		})
	}
}

func checkRefusal(t *testing.T, err error, status int, isResponse bool) {
	t.Helper()
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want an Error", err)
	}
	if refusal.Status != status {
		t.Errorf("status %v, want %d", refusal, status)
	}
	response := refusal.Response()
	if isResponse {
		if response != nil {
			t.Error("a response would be answered")
		}
		return
	}
	if response == nil {
		t.Fatalf("%v can't be answered", refusal)
	}
	raw, err := wire.Bytes(response)
	if err != nil {
		t.Fatalf("the answer can't be written: %v", err)
	}
	for _, header := range []string{"Via", "CSeq"} {
		if response.GetHeaders(header) == nil && refusal.Reason != "Missing "+header {
			t.Errorf("the answer has no %s:\n%s", header, raw)
		}
	}
}

// again writes a message and reads it back: both must mean the same.
func again(t *testing.T, message sip.Message) {
	t.Helper()
	first, err := wire.Bytes(message)
	if err != nil {
		t.Fatalf("can't write what was read: %v", err)
	}
	limits := wire.WebSocketLimits()
	limits.Message *= 2
	limits.Line *= 2
	limits.RequestURI *= 2
	parsed, err := wire.Parse(first, limits)
	if err != nil {
		t.Fatalf("can't read what was written: %v\n%q", err, first)
	}
	second, err := wire.Bytes(parsed)
	if err != nil || string(second) != string(first) {
		t.Fatalf("not stable (%v):\n%q\n%q", err, first, second)
	}
}

func TestClients(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/clients/*.sip")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, file := range files {
		message, err := wire.Parse(read(t, file), wire.WebSocketLimits())
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		again(t, message)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
