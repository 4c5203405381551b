package trunk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"sipbridge/bridge"
	"sipbridge/sipua/digest"
	"sipbridge/sipua/trunk"
)

func newTrunk(t *testing.T, options trunk.Options) *trunk.Trunk {
	t.Helper()
	options.Name = "Carrier"
	if options.NextHops == nil {
		options.NextHops = []string{"sip:sip.carrier.test:5070;transport=tcp"}
	}
	made, err := trunk.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	good := func() trunk.Options {
		return trunk.Options{Name: "carrier", NextHops: []string{"sip:192.0.2.1"}, Account: "u"}
	}
	for name, spoil := range map[string]func(*trunk.Options){
		"no next hop":         func(o *trunk.Options) { o.NextHops = nil },
		"a next hop":          func(o *trunk.Options) { o.NextHops = []string{"sip:192.0.2.1", "http://x"} },
		"domain":              func(o *trunk.Options) { o.Domain = "a;b" },
		"from_domain":         func(o *trunk.Options) { o.FromDomain = "a b" },
		"register as nobody":  func(o *trunk.Options) { o.Account, o.Register = "", true },
		"identity of nobody":  func(o *trunk.Options) { o.Account, o.Identity = "", trunk.IdentityAccount },
		"identity":            func(o *trunk.Options) { o.Identity = "rpid" },
		"expires, too short":  func(o *trunk.Options) { o.Expires = time.Second },
		"expires, too long":   func(o *trunk.Options) { o.Expires = 48 * time.Hour },
		"dtmf":                func(o *trunk.Options) { o.DTMF = "tones" },
		"codec":               func(o *trunk.Options) { o.Codecs = []string{"PCMA", "MP3"} },
		"rewriting, outgoing": func(o *trunk.Options) { o.CalledOut = []string{"("} },
		"rewriting, incoming": func(o *trunk.Options) { o.CallingIn = []string{"a -> $1"} },
	} {
		options := good()
		if _, err := trunk.New(options); err != nil {
			t.Fatal(err)
		}
		spoil(&options)
		if _, err := trunk.New(options); !errors.Is(err, trunk.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	carrier := newTrunk(t, trunk.Options{
		CalledOut: []string{`^\+(\d+)$ -> 00$1`}, CalledIn: []string{`^0(\d+)$ -> +49$1`},
		CallingIn: []string{`^00(\d+)$ -> +$1`}, Codecs: []string{"pcma", "speex"},
	})
	if got := carrier.Target("+4930"); got.String() != "sip:004930@sip.carrier.test:5070" {
		t.Errorf("+4930 is called at %s", got.String())
	}
	if got := carrier.Target("*21#"); got.String() != "sip:*21%23@sip.carrier.test:5070" {
		t.Errorf("*21# is called at %s", got.String())
	}
	if got := carrier.Called("030-12"); got != "+493012" {
		t.Errorf("030-12 is %s", got)
	}
	if got := carrier.Calling("0043.1"); got != "+431" {
		t.Errorf("0043.1 is %s", got)
	}
	if len(carrier.Codecs()) != 4 || carrier.Codecs()[0].Name != "PCMA" || carrier.Name() != "carrier" {
		t.Errorf("%s has %v", carrier.Name(), carrier.Codecs())
	}
}

// TestShow is the table of who is shown to whom.
func TestShow(t *testing.T) {
	t.Parallel()
	const (
		alice     = `"Alice" <sip:+4911@us.test>`
		account   = `<sip:4930@us.test>`
		anonymous = `"Anonymous" <sip:anonymous@anonymous.invalid>`
	)
	user := bridge.Request{
		From: bridge.Party{Name: "Alice", URI: "sip:11@home.test"}, User: "11@home.test", Origin: bridge.OriginUser,
	}
	private, unnamed, asserted, both := user, user, user, user
	private.Private = true
	unnamed.From = trunk.Anonymous()
	asserted.Asserted = bridge.Party{URI: "sip:+1555@other.test"}
	both.Asserted, both.Private = asserted.Asserted, true
	for _, test := range []struct {
		identity      trunk.Identity
		trusted, hide bool
		request       bridge.Request
		from          string
		headers       []string
	}{
		{"from", false, false, user, alice, nil},
		{"from", true, false, user, alice, nil},
		{"from", false, false, private, anonymous, []string{"Privacy: id"}},
		{"from", false, false, unnamed, anonymous, []string{"Privacy: id"}},
		{"from", true, false, private, anonymous, []string{"Privacy: id", "P-Asserted-Identity: <sip:+4911@us.test>"}},
		{"from", true, false, unnamed, anonymous, []string{"Privacy: id", "P-Asserted-Identity: <sip:+4911@us.test>"}},
		{"from", false, true, user, anonymous, []string{"Privacy: id"}},
		{"from", false, false, asserted, alice, nil},
		{"from", true, false, asserted, "<sip:+1555@us.test>", []string{"P-Asserted-Identity: <sip:+1555@us.test>"}},
		{"from", true, false, both, anonymous, []string{"Privacy: id", "P-Asserted-Identity: <sip:+1555@us.test>"}},
		{"from", false, false, both, anonymous, []string{"Privacy: id"}},
		{"pai", false, false, user, account, []string{"P-Asserted-Identity: " + alice}},
		{"pai", true, false, asserted, account, []string{"P-Asserted-Identity: <sip:+1555@us.test>"}},
		{"pai", false, false, private, anonymous, []string{"Privacy: id"}},
		{"pai", true, false, private, anonymous, []string{"Privacy: id", "P-Asserted-Identity: <sip:+4911@us.test>"}},
		{"ppi", false, false, user, account, []string{"P-Preferred-Identity: " + alice}},
		{"ppi", false, false, private, anonymous, []string{"Privacy: id"}},
		{"account", true, false, asserted, account, nil},
		{"account", true, false, private, account, []string{"Privacy: id"}},
		{"from", false, false, bridge.Request{From: bridge.Party{URI: "sip:other.test"}}, account, nil},
	} {
		carrier := newTrunk(t, trunk.Options{
			FromDomain: "us.test", Account: "4930", Identity: test.identity,
			Trusted: test.trusted, HideCaller: test.hide, CallingOut: []string{`^(\d{2})$ -> +49$1`},
		})
		shown := carrier.Show(test.request)
		from := "<" + shown.From.URI + ">"
		if shown.From.Name != "" {
			from = `"` + shown.From.Name + `" ` + from
		}
		var headers []string
		for _, header := range shown.Headers {
			headers = append(headers, header.Name+": "+header.Value)
		}
		if from != test.from || !slices.Equal(headers, test.headers) {
			t.Errorf("%s, trusted %v, hide %v, %+v:\nshown as %s %q\nnot as   %s %q", test.identity, test.trusted, test.hide,
				test.request, from, headers, test.from, test.headers)
		}
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	carrier := newTrunk(t, trunk.Options{Login: digest.Login{User: "4930", Password: "secret", Realm: "carrier.test"}})
	uri := sip.Uri{Scheme: "sip", Host: "carrier.test"}
	response := respond(401, `WWW-Authenticate: Digest realm="carrier.test", nonce="a"`, challenge,
		`WWW-Authenticate: Digest realm="else.test", nonce="b", algorithm=SHA-512-256, qop="auth"`)(nil)
	header, err := carrier.Answer(response, sip.BYE, uri)
	if err != nil || header.Name() != "Authorization" || !strings.Contains(header.Value(), "algorithm=SHA-256") {
		t.Errorf("of three challenges it answers %v, %v", header, err)
	}
	response = respond(407, strings.Replace(challenge, "WWW", "Proxy", 1))(nil)
	if header, err = carrier.Answer(response, sip.BYE, uri); err != nil || header.Name() != "Proxy-Authorization" {
		t.Errorf("a proxy is answered %v, %v", header, err)
	}
	foreign := respond(401, strings.Replace(challenge, "carrier.test", "evil.test", 1))(nil)
	if header, err = carrier.Answer(foreign, sip.BYE, uri); !errors.Is(err, trunk.ErrNoAnswer) {
		t.Errorf("a foreign realm is answered %v, %v", header, err)
	}
	if header, err = newTrunk(t, trunk.Options{}).Answer(response, sip.BYE, uri); !errors.Is(err, trunk.ErrNoAnswer) {
		t.Errorf("without a login the answer is %v, %v", header, err)
	}
}
