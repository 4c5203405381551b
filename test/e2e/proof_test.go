package e2e

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"sipbridge/test/e2e/baresip"
	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/kamailio"
	"sipbridge/test/e2e/service"
)

// TestToken: a page registers and calls with a token of its web application, and has no password.
func TestToken(t *testing.T) {
	t.Parallel()
	const secret = "the web application's own secret!"
	w := newWorld(t, browser.Chromium, service.Options{Settings: map[string]map[string]any{
		"tokens": {
			"audience": "localhost", "keys": []map[string]string{{"secret": secret}}, "temporary_secret": secret,
		},
	}})
	p, account := w.openPage(t, jsSIP)
	claims := jwt.MapClaims{"sub": p.user, "aud": "localhost", "exp": time.Now().Add(time.Hour).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	must(t, err)
	account.WS, account.Password = w.service.WS+"?access_token="+token, ""
	must(t, p.Register(account))
	must(t, p.Call(nil, "call", "sip:echo@localhost"))
	mustBe(t, p, "established")
	mustHear(t, p, pageHz)
	must(t, p.Call(nil, "hangup"))
	log := w.service.Log()
	if strings.Contains(log, "SIP/2.0 401") || strings.Contains(log, "SIP/2.0 407") {
		t.Error("the page was challenged")
	}
	if strings.Contains(log, token) {
		t.Error("the token is in the log")
	}
	t.Run("temporary account", func(t *testing.T) { w.temporaryAccount(t, secret) })
}

// temporaryAccount: a page registers with a name and a password that its web application made as for a TURN server, and
// not with one whose time is over.
func (w *world) temporaryAccount(t *testing.T, secret string) {
	t.Helper()
	for over, until := range map[bool]time.Time{true: time.Now().Add(-time.Minute), false: time.Now().Add(time.Hour)} {
		p, account := w.openPage(t, sipJS)
		account.User = fmt.Sprintf("%d:%s", until.Unix(), p.user)
		hash := hmac.New(sha1.New, []byte(secret))
		_, _ = hash.Write([]byte(account.User))
		account.Password = base64.StdEncoding.EncodeToString(hash.Sum(nil))
		err := p.Register(account)
		if over {
			if err == nil {
				t.Error("an account whose time is over was let in")
			}
			continue
		}
		must(t, err)
		must(t, p.Call(nil, "call", "sip:echo@localhost"))
		mustBe(t, p, "established")
		mustHear(t, p, pageHz)
		must(t, p.Call(nil, "hangup"))
		if strings.Contains(w.service.Log(), account.Password) {
			t.Error("the password is in the log")
		}
	}
}

// TestBreaker: sipML5 in its RTCWeb-breaker mode registers and calls through the bridge at Kamailio, whose challenge to
// the call the bridge answers with what sipML5 sends along. Nobody else sees that.
func TestBreaker(t *testing.T) {
	t.Parallel()
	const domain = "pbx.test"
	passwords := map[string]string{"desk": "builder", userName(0): password(0)}
	server := startKamailio(t, kamailio.Options{Domain: domain, Passwords: passwords})
	w := newWorld(t, browser.Chromium, service.Options{
		NextHops: map[string]string{domain: server.Address}, BreakerLogin: true,
	})
	phone := newPhone(t, baresip.Options{
		User: "desk", Password: passwords["desk"], Domain: domain, Registrar: server.Address, Codec: "PCMA",
	})
	p, account := w.openPage(t, sipML5)
	account.URI, account.Domain, account.Breaker = "sip:"+p.user+"@"+domain, domain, true
	must(t, p.Register(account))
	must(t, p.Call(nil, "call", "sip:desk@"+domain))
	mustBe(t, p, "established")
	mustTalk(t, p, phone)
	must(t, p.Call(nil, "hangup"))
	_, err := phone.WaitEvent(baresip.Closed, 1, limit)
	must(t, err)

	sum := md5.Sum([]byte(p.user + ":" + domain + ":" + password(0)))
	hash := hex.EncodeToString(sum[:])
	if strings.Contains(w.service.Log(), hash) || strings.Contains(server.Report(), hash) ||
		strings.Contains(server.Report(), "impi=") {
		t.Error("the hash is to be seen")
	}
	for line := range strings.SplitSeq(w.service.Log(), "\n") {
		if strings.Contains(line, "direction=sent transport=WS") && strings.Contains(line, "SIP/2.0 407") {
			t.Errorf("the page was challenged: %s", line)
		}
	}
}

// TestOutbound: Kamailio keeps Path and the flows of devices. The first page's registration shows the bridge that it
// does; the second page is bound there with its own Contact and device, and is called by the Path.
func TestOutbound(t *testing.T) {
	t.Parallel()
	const domain = "pbx.test"
	passwords := map[string]string{"desk": "builder", userName(0): password(0), userName(1): password(1)}
	server := startKamailio(t, kamailio.Options{Domain: domain, Passwords: passwords, Outbound: true})
	w := newWorld(t, browser.Chromium, service.Options{NextHops: map[string]string{domain: server.Address}})
	phone := newPhone(t, baresip.Options{
		User: "desk", Password: passwords["desk"], Domain: domain, Registrar: server.Address, Codec: "PCMA",
	})
	for closed, way := range []string{"a token", "a Path"} {
		p, account := w.openPage(t, jsSIP)
		account.URI, account.Domain = "sip:"+p.user+"@"+domain, domain
		must(t, p.Register(account))
		must(t, phone.Dial(account.URI))
		mustBe(t, p, "incoming")
		must(t, p.Call(nil, "answer"))
		mustBe(t, p, "established")
		mustTalk(t, p, phone)
		must(t, p.Call(nil, "hangup"))
		_, err := phone.WaitEvent(baresip.Closed, closed+1, limit)
		must(t, err)
		if byPath := inviteForContact(w.service.Log()); byPath != (way == "a Path") {
			t.Errorf("by %s: by Path is %v", way, byPath)
		}
	}
}

// inviteForContact tells whether the bridge got an INVITE for a Contact that only a browser has.
func inviteForContact(log string) bool {
	for line := range strings.SplitSeq(log, "\n") {
		if strings.Contains(line, "direction=received transport=UDP") &&
			strings.Contains(line, ".invalid;transport=ws SIP/2.0") {
			return true
		}
	}
	return false
}

// TestStandAside: sipML5 without its breaker calls a page; they talk to each other, and no media are ours.
func TestStandAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{Settings: map[string]map[string]any{"call": {"breaker": "asked"}}})
	caller, called := w.newPage(t, sipML5), w.newPage(t, jsSIP)
	must(t, caller.Call(nil, "call", "sip:"+called.user+"@localhost"))
	mustBe(t, called, "incoming")
	must(t, called.Call(nil, "answer"))
	mustBe(t, caller, "established")
	mustBe(t, called, "established")
	mustHear(t, caller, pageHz)
	mustHear(t, called, pageHz)
	metrics, err := w.service.Metrics()
	must(t, err)
	for name, want := range map[string]float64{
		"sipbridge_sip_proxied_total": 1, "sipbridge_webrtc_sessions": 0, "sipbridge_calls_started_total": 0,
	} {
		if got, found := metrics[name]; !found || got != want {
			t.Errorf("%s is %v (found: %v), want %v", name, got, found, want)
		}
	}
	must(t, called.Call(nil, "hangup"))
	mustBe(t, caller, "ended")
}

func startKamailio(t *testing.T, options kamailio.Options) *kamailio.Server {
	t.Helper()
	options.Dir = t.TempDir()
	server, err := kamailio.Start(options)
	must(t, err)
	t.Cleanup(server.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.Report())
		}
	})
	return server
}
