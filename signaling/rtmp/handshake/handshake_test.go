package handshake_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"sipbridge/signaling/rtmp/handshake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBothSides(t *testing.T) {
	t.Parallel()
	for _, layout := range []handshake.Layout{handshake.Simple, handshake.DigestFirst, handshake.KeyFirst} {
		// Places of digests are random; some rounds meet many.
		for range 20 {
			near, far := net.Pipe()
			served := make(chan error, 1)
			go func() { served <- handshake.Server(far) }()
			if err := handshake.Client(near, layout); err != nil {
				t.Errorf("layout %d: %v", layout, err)
			}
			if err := <-served; err != nil {
				t.Errorf("layout %d: the server says %v", layout, err)
			}
			closeBoth(t, near, far)
		}
	}
}

func closeBoth(t *testing.T, both ...io.Closer) {
	t.Helper()
	for _, each := range both {
		if err := each.Close(); err != nil {
			t.Error(err)
		}
	}
}

// wire is a connection of which all is there before.
type wire struct {
	io.Reader
	written bytes.Buffer
}

func (w *wire) Write(p []byte) (int, error) { return w.written.Write(p) }

func TestServerAgainstStrangers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, hello string
		want        error
	}{
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", handshake.ErrVersion},
		{"TLS", "\x16\x03\x01\x02\x00", handshake.ErrVersion},
		{"encrypted RTMP", "\x06" + strings.Repeat("x", 3072), handshake.ErrVersion},
		{"nothing", "", io.EOF},
		{"too little", "\x03abc", io.ErrUnexpectedEOF},
		{"no second packet", "\x03" + strings.Repeat("x", 1536), io.EOF},
		{"a digest that is none", "\x03" + strings.Repeat("x", 3072), nil},
	} {
		stranger := &wire{Reader: strings.NewReader(test.hello)}
		if err := handshake.Server(stranger); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
		if errors.Is(test.want, handshake.ErrVersion) && stranger.written.Len() > 0 {
			t.Errorf("%s is answered", test.name)
		}
	}
}

func TestSimpleServerEchoes(t *testing.T) {
	t.Parallel()
	first := "\x00\x00\x00\x01\x00\x00\x00\x00" + strings.Repeat("noise!!!", 191)
	client := &wire{Reader: strings.NewReader("\x03" + first + strings.Repeat("x", 1536))}
	if err := handshake.Server(client); err != nil {
		t.Fatal(err)
	}
	if got := client.written.String(); len(got) != 3073 || got[1537:] != first || got[5:9] != "\x00\x00\x00\x00" {
		t.Errorf("the answer has %d bytes and is no echo", len(got))
	}
}

func TestClientAgainstStrangers(t *testing.T) {
	t.Parallel()
	for _, layout := range []handshake.Layout{handshake.Simple, handshake.DigestFirst} {
		for answer, want := range map[string]error{
			"\x03" + strings.Repeat("x", 3072): handshake.ErrEcho,
			"H" + strings.Repeat("x", 3072):    handshake.ErrVersion,
			"\x03":                             io.ErrUnexpectedEOF,
		} {
			if err := handshake.Client(&wire{Reader: strings.NewReader(answer)}, layout); !errors.Is(err, want) {
				t.Errorf("layout %d, %q...: %v", layout, answer[:1], err)
			}
		}
	}
}

func FuzzServer(f *testing.F) {
	f.Add([]byte("\x03" + strings.Repeat("x", 3072)))
	f.Add([]byte("\x03" + strings.Repeat("\xff", 3072)))
	f.Fuzz(func(t *testing.T, hello []byte) {
		client := &wire{Reader: bytes.NewReader(hello)}
		if err := handshake.Server(client); err == nil && client.written.Len() != 3073 {
			t.Errorf("the answer has %d bytes", client.written.Len())
		}
	})
}
