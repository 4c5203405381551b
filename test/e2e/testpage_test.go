package e2e

import (
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/service"
)

// tryOut opens the test page and clicks once; it gives the page when it has said what it found.
func tryOut(t *testing.T, b *browser.Browser, page string, parameters url.Values) *browser.Page {
	t.Helper()
	p, err := b.OpenWatched(page + "/test/?" + parameters.Encode())
	must(t, err)
	must(t, p.Call(nil, "click", "test", limit.Milliseconds()))
	must(t, p.Call(nil, "waitVerdict", 2*limit.Milliseconds()))
	return p
}

// mustFind expects the test page to find what is wrong at a check, and to say it.
func mustFind(t *testing.T, p *browser.Page, check, words string) {
	t.Helper()
	var verdict, state string
	must(t, p.Call(&verdict, "text", "verdict"))
	must(t, p.Call(&state, "data", "check-"+check, "state"))
	if state != "failed" || !strings.Contains(verdict, "cannot call") || !strings.Contains(verdict, words) {
		var checks string
		must(t, p.Call(&checks, "text", "checks"))
		t.Errorf("check %s is %s, and the page says %q, not %q: %s", check, state, verdict, words, checks)
	}
}

var (
	echoFound  = regexp.MustCompile(`came back by opus: \d+\.\d % lost, jitter \d+ ms, delay \d+ ms, -\d+ dB`)
	littleLost = regexp.MustCompile(`: 0\.\d % lost`)
)

// mustBeWell expects that the browser can call, and hears itself without much loss.
func mustBeWell(t *testing.T, p *browser.Page) {
	t.Helper()
	var verdict, echo string
	must(t, p.Call(&verdict, "text", "verdict"))
	must(t, p.Call(&echo, "text", "check-echo"))
	if verdict != "This browser can call through this service." || !echoFound.MatchString(echo) ||
		!littleLost.MatchString(echo) {
		t.Errorf("the page says %q, %q", verdict, echo)
	}
}

// TestTestPage: one click tells whether this browser can call, and what stands in the way. Each fault
// is made for real.
func TestTestPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, browser.Chromium, service.Options{})
	start := func(t *testing.T, options browser.Options) *browser.Browser {
		t.Helper()
		options.Origin, options.Dir, options.MicrophoneHz, options.TempDir = w.service.HTTP, ".", pageHz, t.TempDir()
		if options.Kind == "" {
			options.Kind = browser.Chromium
		}
		b, err := browser.Start(options)
		must(t, err)
		t.Cleanup(b.Stop)
		return b
	}
	account := func() url.Values {
		number := int(w.users.Add(1)) - 1
		return url.Values{"username": {userName(number)}, "domain": {"localhost"}, "password": {password(number)}}
	}
	through := func(address string) url.Values {
		parameters := account()
		parameters.Set("outbound", "proxy")
		parameters.Set("outbound_proxy_address", address)
		return parameters
	}
	b := start(t, browser.Options{})
	t.Run("all is well", func(t *testing.T) { mustBeWell(t, tryOut(t, b, w.service.HTTP, account())) })
	t.Run("all is well in Firefox", func(t *testing.T) {
		t.Parallel()
		firefox := start(t, browser.Options{Kind: browser.Firefox})
		mustBeWell(t, tryOut(t, firefox, w.service.HTTP, account()))
	})
	t.Run("wrong password", func(t *testing.T) {
		t.Parallel()
		parameters := account()
		parameters.Set("password", "wrong")
		mustFind(t, tryOut(t, b, w.service.HTTP, parameters), "account", "Name or password is wrong")
	})
	t.Run("WebSocket refused", func(t *testing.T) {
		t.Parallel()
		mustFind(t, tryOut(t, b, w.service.HTTP, through(closedPort(t))), "websocket", "cannot be reached")
	})
	for name, fault := range map[string]struct {
		lose         func(heading, []byte) bool
		check, words string
	}{
		"UDP blocked":      {func(heading, []byte) bool { return true }, "ice", "UDP is blocked"},
		"no keys":          {func(_ heading, datagram []byte) bool { return isKeys(datagram) }, "dtls", "DTLS handshake"},
		"nobody hears you": {mediaOf(toService), "echo", "nobody hears you"},
		"you hear nobody":  {mediaOf(toBrowser), "echo", "you hear nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMiddle(t, w.service, fault.lose)
			mustFind(t, tryOut(t, b, w.service.HTTP, through(m.address)), fault.check, fault.words)
		})
	}
	t.Run("no microphone", func(t *testing.T) {
		t.Parallel()
		b := start(t, browser.Options{NoMicrophone: true})
		mustFind(t, tryOut(t, b, w.service.HTTP, account()), "microphone", "No microphone was found")
	})
	t.Run("no certificate", func(t *testing.T) {
		t.Parallel()
		_, port, err := net.SplitHostPort(strings.TrimPrefix(w.service.HTTP, "http://"))
		must(t, err)
		b := start(t, browser.Options{Flags: []string{"--host-resolver-rules=MAP bridge.test 127.0.0.1"}})
		mustFind(t, tryOut(t, b, "http://bridge.test:"+port, account()), "page", "without a certificate")
	})
	t.Run("no candidate", func(t *testing.T) {
		t.Parallel()
		b := start(t, browser.Options{Flags: []string{"--webrtc-ip-handling-policy=disable_non_proxied_udp"}})
		mustFind(t, tryOut(t, b, w.service.HTTP, account()), "candidates", "candidate")
	})
}

// mediaOf loses sound that goes one way.
func mediaOf(lost heading) func(heading, []byte) bool {
	return func(to heading, datagram []byte) bool { return to == lost && isMedia(datagram) }
}

// closedPort is an address of loopback at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, listener.Close()) }()
	return listener.Addr().String()
}
