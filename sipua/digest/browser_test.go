package digest

import (
	"slices"
	"testing"
)

func TestForBrowser(t *testing.T) {
	t.Parallel()
	const (
		session = `Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth"`
		both    = `Digest realm="r",qop="auth-int,auth",nonce="n"`
		md5Only = `Digest realm="r", nonce="n", qop="auth"`
		sha     = `Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"`
	)
	for name, test := range map[string]struct{ given, want []string }{
		"one":              {[]string{md5Only}, []string{md5Only}},
		"strongest first":  {[]string{sha, md5Only}, []string{md5Only}},
		"strongest last":   {[]string{md5Only, sha}, []string{md5Only}},
		"two of a kind":    {[]string{md5Only, `Digest realm="s", nonce="n"`}, []string{md5Only}},
		"no qop":           {[]string{`Digest realm="r", nonce="n"`}, []string{`Digest realm="r", nonce="n"`}},
		"integrity too":    {[]string{both}, []string{`Digest realm="r",qop="auth",nonce="n"`}},
		"only SHA-256":     {[]string{sha}, []string{sha}},
		"session":          {[]string{session, md5Only}, []string{md5Only}},
		"only a session":   {[]string{session}, []string{session}},
		"another scheme":   {[]string{`Bearer realm="r"`, md5Only}, []string{md5Only}},
		"qop in the realm": {[]string{`Digest realm="qop", nonce="n"`}, []string{`Digest realm="qop", nonce="n"`}},
	} {
		if got := ForBrowser(test.given); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAttempted(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		`Digest username="a", realm="r", nonce="n", uri="sip:r", response="0"`: true,
		`Digest username="a", realm="r", nonce="", uri="sip:r", response=""`:   false,
		`Bearer a.b.c`: false, "": false,
	} {
		if Attempted([]string{header}) != want {
			t.Errorf("%q", header)
		}
	}
	if !OnlyStale([]string{`Digest realm="r", nonce="n"`, `Digest realm="r", nonce="n", stale=TRUE`}) ||
		OnlyStale([]string{`Digest realm="stale=true", nonce="n", stale=false`}) {
		t.Error("stale")
	}
}
