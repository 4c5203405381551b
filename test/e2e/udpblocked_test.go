package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
)

// TestUDPBlocked: a browser whose network lets no UDP through hears itself over TCP.
func TestUDPBlocked(t *testing.T) {
	port, err := process.FreePort()
	must(t, err)
	w := newWorld(t, browser.Chromium, service.Options{Settings: map[string]map[string]any{
		"listen": {"webrtc_tcp": fmt.Sprintf("127.0.0.1:%d", port)},
	}})
	m := newMiddle(t, w.service, func(heading, []byte) bool { return true })
	b, err := browser.Start(browser.Options{
		Kind: browser.Chromium, Origin: w.service.HTTP, Dir: ".", MicrophoneHz: pageHz, TempDir: t.TempDir(),
	})
	must(t, err)
	t.Cleanup(b.Stop)
	p := tryOut(t, b, w.service.HTTP, url.Values{
		"username": {userName(0)}, "domain": {"localhost"}, "password": {password(0)},
		"outbound": {"proxy"}, "outbound_proxy_address": {m.address},
	})
	mustBeWell(t, p)
	var way string
	must(t, p.Call(&way, "text", "check-ice"))
	if !strings.Contains(way, "by TCP") {
		t.Errorf("the page says %q", way)
	}
}
