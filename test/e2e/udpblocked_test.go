package e2e

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"

	"sipbridge/test/e2e/browser"
	"sipbridge/test/e2e/process"
	"sipbridge/test/e2e/service"
)

// TestUDPBlocked: browsers whose network or policy lets no UDP through hear themselves over TCP, to us or to our relay.
func TestUDPBlocked(t *testing.T) {
	t.Parallel()
	listen := map[string]any{}
	for _, key := range []string{"webrtc_tcp", "turn"} {
		port, err := process.FreePort()
		must(t, err)
		listen[key] = fmt.Sprintf("127.0.0.1:%d", port)
	}
	w := newWorld(t, browser.Chromium, service.Options{Settings: map[string]map[string]any{"listen": listen}})
	m := newMiddle(t, w.service, func(heading, []byte) bool { return true })
	for name, test := range map[string]struct {
		flags []string
		way   url.Values
		want  string
	}{
		"by the network": {
			nil, url.Values{"outbound": {"proxy"}, "outbound_proxy_address": {m.address}}, "to host by TCP",
		},
		"by the browser's policy": {
			[]string{"--webrtc-ip-handling-policy=disable_non_proxied_udp"}, nil, "relay to host by TCP",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := browser.Start(browser.Options{
				Kind: browser.Chromium, Origin: w.service.HTTP, Dir: ".", MicrophoneHz: pageHz, TempDir: t.TempDir(),
				Flags: test.flags,
			})
			must(t, err)
			t.Cleanup(b.Stop)
			number := int(w.users.Add(1)) - 1
			parameters := url.Values{
				"username": {userName(number)}, "domain": {"localhost"}, "password": {password(number)},
			}
			maps.Copy(parameters, test.way)
			p := tryOut(t, b, w.service.HTTP, parameters)
			mustBeWell(t, p)
			var way string
			must(t, p.Call(&way, "text", "check-ice"))
			if !strings.Contains(way, test.want) {
				t.Errorf("the page says %q", way)
			}
		})
	}
}
