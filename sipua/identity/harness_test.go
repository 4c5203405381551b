package identity

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/golang-jwt/jwt/v5"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/token"
	"sipbridge/sipua/transport"
	"sipbridge/sipua/trunk"
	"sipbridge/sipua/wire"
)

// flow is a way to a peer of which only its kind, its place and its end count.
type flow struct {
	word   string
	remote netip.AddrPort
	gone   chan struct{} // nil for a datagram's
}

func newFlow(word, remote string) *flow {
	made := &flow{word: word, remote: netip.MustParseAddrPort(remote)}
	if word != "UDP" {
		made.gone = make(chan struct{})
	}
	return made
}

func (*flow) Send([]byte) error            { return nil }
func (f *flow) Close()                     { close(f.gone) }
func (f *flow) Done() <-chan struct{}      { return f.gone }
func (f *flow) Transport() string          { return f.word }
func (*flow) LocalAddr() netip.AddrPort    { return netip.MustParseAddrPort("192.0.2.1:5060") }
func (f *flow) RemoteAddr() netip.AddrPort { return f.remote }

// granted is a WebSocket that was opened with a token.
type granted struct {
	*flow

	user string
	left time.Duration
}

func (g granted) Authorized() (user string, until time.Time) { return g.user, time.Now().Add(g.left) }

var _ transport.Flow = granted{}

// servers are a trunk that speaks on one flow, and a domain whose server does on another.
type servers struct {
	carrier          *trunk.Trunk
	ofTrunk, ofOther transport.Flow
}

func (s servers) FromTrunk(flow transport.Flow, _ *sip.Request) (*trunk.Trunk, bool) {
	return s.carrier, flow == s.ofTrunk
}

func (s servers) Of(flow transport.Flow) (string, bool) { return "up.example", flow == s.ofOther }

// accounts have one password for everybody.
type accounts struct{}

func (accounts) HA1(user, realm string, algorithm digest.Algorithm) (string, bool) {
	return digest.HA1(algorithm, user, realm, "secret"), true
}

const tokenSecret = "0123456789abcdef0123456789abcdef"

// setup is a Verifier for local.example, with its surroundings.
type setup struct {
	*Verifier

	servers    *servers
	complaints int
}

func newSetup(t *testing.T) *setup {
	t.Helper()
	carrier, err := trunk.New(trunk.Options{Name: "carrier", NextHops: []string{"sip:192.0.2.50"}})
	if err != nil {
		t.Fatal(err)
	}
	key, err := token.SecretKey("", tokenSecret)
	if err != nil {
		t.Fatal(err)
	}
	s := &setup{servers: &servers{carrier: carrier}}
	s.Verifier = New(Options{
		Servers: s.servers, Users: NewUsers(), Authenticator: digest.New(digest.Options{Accounts: accounts{}}),
		Tokens:   token.New(token.Options{Keys: []token.Key{key}, Audience: "us", Domain: "local.example"}),
		Local:    func(host string) (string, bool) { return "local.example", strings.EqualFold(host, "local.example") },
		Complain: func(string, ...any) { s.complaints++ },
	})
	return s
}

// bearer is a token of a user that ends after some time.
func bearer(t *testing.T, user string, left time.Duration) string {
	t.Helper()
	claims := jwt.MapClaims{"sub": user, "aud": "us", "exp": time.Now().Add(left).Unix()}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(tokenSecret))
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + text
}

// requestFrom is a request of someone, with more header lines.
func requestFrom(t *testing.T, method, from string, lines ...string) *sip.Request {
	t.Helper()
	lines = append([]string{
		method + " sip:local.example SIP/2.0", "Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKx", "Max-Forwards: 70",
		"From: <" + from + ">;tag=x", "To: <sip:bob@local.example>", "Call-ID: x", "CSeq: 1 " + method,
	}, lines...)
	raw := []byte(strings.Join(append(lines, "Content-Length: 0"), "\r\n") + "\r\n\r\n")
	message, err := wire.Parse(raw, wire.StreamLimits())
	if err != nil {
		t.Fatal(err)
	}
	request, ok := message.(*sip.Request)
	if !ok {
		t.Fatalf("%T is no request", message)
	}
	return request
}

// answer gives the digest credentials by which a user answers the MD5 challenge of a refusal.
func answer(t *testing.T, refusal error, user, method string) string {
	t.Helper()
	given := make(map[string]string)
	for _, header := range bridge.CauseOf(refusal).Headers {
		if !strings.Contains(header.Value, "MD5") {
			continue
		}
		for part := range strings.SplitSeq(strings.TrimPrefix(header.Value, "Digest "), ", ") {
			name, value, _ := strings.Cut(part, "=")
			given[name] = strings.Trim(value, `"`)
		}
	}
	if given["nonce"] == "" {
		t.Fatalf("no challenge: %v", refusal)
	}
	hash := func(parts ...string) string {
		sum := md5.Sum([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum[:])
	}
	const uri = "sip:local.example"
	response := hash(hash(user, given["realm"], "secret"), given["nonce"], "00000001", "c", "auth", hash(method, uri))
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=MD5, `+
		`qop=auth, nc=00000001, cnonce="c"`, user, given["realm"], given["nonce"], uri, response)
}

// refused fails unless an error is a bridge.Cause of a status.
func refused(t *testing.T, err error, status int) {
	t.Helper()
	if cause := bridge.CauseOf(err); err == nil || cause.Status != status {
		t.Errorf("refused with %v, want %d", err, status)
	}
}
