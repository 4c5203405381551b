package digest

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestAnswerPicksTheStrongest(t *testing.T) {
	const md5, sha256, sha512 = `Digest realm="r", nonce="n", algorithm=MD5, qop="auth"`,
		`Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"`,
		`Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"`
	password := Login{User: "u", Password: "p"}
	hash := Login{User: "u", HA1: HA1(MD5, "u", "r", "p"), Realm: "r"}
	tests := []struct {
		name       string
		challenges []string
		login      Login
		want       string // the algorithm answered, "-" for none at all in the header, "" for no answer
	}{
		{"one", []string{md5}, password, "MD5"},
		{"strongest last", []string{md5, sha256, sha512}, password, "SHA-512-256"},
		{"strongest first", []string{sha256, md5}, password, "SHA-256"},
		{"hash does MD5 only", []string{sha256, md5}, hash, "MD5"},
		{"hash can't", []string{sha256}, hash, ""},
		{"hash without its realm", []string{md5}, Login{User: "u", HA1: hash.HA1}, ""},
		{"no algorithm", []string{`Digest realm="r", nonce="n", qop="auth"`}, password, "-"},
		{"session", []string{`Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth"`}, password, "MD5-sess"},
		{"session without qop", []string{`Digest realm="r", nonce="n", algorithm=MD5-sess`}, password, ""},
		{"unknown algorithm", []string{`Digest realm="r", nonce="n", algorithm=SHA3, qop="auth"`, md5}, password, "MD5"},
		{"auth-int only", []string{`Digest realm="r", nonce="n", qop="auth-int"`}, password, ""},
		{"auth among others", []string{`Digest realm="r", nonce="n", qop="auth-int, auth"`}, password, "-"},
		{"malformed beside good", []string{`Digest realm="`, `Basic realm="r"`, md5}, password, "MD5"},
		{"no nonce", []string{`Digest realm="r", qop="auth"`}, password, ""},
		{"right realm", []string{md5}, Login{User: "u", Password: "p", Realm: "r"}, "MD5"},
		{"realm of someone else", []string{md5}, Login{User: "u", Password: "p", Realm: "mine"}, ""},
		{"smuggling", []string{md5}, Login{User: "u\r\nX: y", Password: "p"}, ""},
		{"none", nil, password, ""},
	}
	algorithm := regexp.MustCompile(`algorithm=([^,]+)`)
	for _, test := range tests {
		value, err := Answer(test.challenges, "REGISTER", "sip:r", test.login)
		if (err != nil) != (test.want == "") || err != nil && !errors.Is(err, ErrNoAnswer) {
			t.Errorf("%s: error %v", test.name, err)
			continue
		}
		got := "-"
		if found := algorithm.FindStringSubmatch(value); found != nil {
			got = found[1]
		}
		if err == nil && got != test.want {
			t.Errorf("%s: answered %s with %s", test.name, got, value)
		}
	}
}

// The examples of RFC 7616 section 3.9.1 and RFC 2617 section 3.5.
func TestProofOfTheRFCs(t *testing.T) {
	given := credentials{
		user: "Mufasa", realm: "http-auth@example.org", uri: "/dir/index.html",
		nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", qop: "auth", nc: "00000001",
		cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
	}
	for algorithm, want := range map[Algorithm]string{
		MD5:    "8ca523f5e9506fed4657c9700eebdbec",
		SHA256: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		ha1 := HA1(algorithm, given.user, given.realm, "Circle of Life")
		if got := given.proof(algorithm, false, "GET", ha1); got != want {
			t.Errorf("%s: %s", algorithm, got)
		}
	}
	old := credentials{uri: "/dir/index.html", nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093"}
	ha1 := HA1(MD5, "Mufasa", "testrealm@host.com", "Circle Of Life")
	if got := old.proof(MD5, false, "GET", ha1); got != "670fd8c2df070c60b045671b8b24ff02" {
		t.Errorf("without qop: %s", got)
	}
}

// What Answer writes, Verify takes.
func TestAnswerToVerify(t *testing.T) {
	for _, transport := range []string{"WS", "UDP"} {
		a := newAuthenticator(newClock())
		attempt := attemptOn(transport)
		value, err := Answer(challengesOf(t, a, attempt), attempt.Method, attempt.URI,
			Login{User: "alice", Password: "secret", Realm: realm})
		if err != nil {
			t.Fatal(err)
		}
		if transport == "UDP" && !strings.Contains(value, "algorithm=SHA-256") {
			t.Errorf("answer %s", value)
		}
		attempt.Credentials = []string{value}
		if user, err := a.Verify(attempt); user != "alice" || err != nil {
			t.Errorf("%s: user %q, error %v", transport, user, err)
		}
	}
}

const sessionCredentials = `cnonce="b48794220a3d27c976a978b3e8617d4b",nc=00000001,` +
	`nonce="rpkaznpspq4x04rzez2hrqa6",qop=auth,realm="example.test",` +
	`response="d630aba4d9925d6082b93ee21c0f941c",uri="sip:example.test",username="alice"`

// A real client's MD5-sess response: sip-js.
func TestSessionProof(t *testing.T) {
	given, err := parseCredentials(`Digest algorithm="MD5-sess",` + sessionCredentials)
	if err != nil {
		t.Fatal(err)
	}
	ha1 := HA1(MD5, given.user, given.realm, "secret")
	if got := given.proof(MD5, true, "REGISTER", ha1); got != given.response {
		t.Errorf("%s, want %s", got, given.response)
	}
}
