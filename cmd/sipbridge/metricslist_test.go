package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"
)

// withEverything has a part for each metric.
const withEverything = `
listen: {http: "127.0.0.1:0", sip_tls: "127.0.0.1:0", sip_udp: "127.0.0.1:0", sip_tcp: "127.0.0.1:0",
  turn: "127.0.0.1:0"}
media: {webrtc_ports: 33000-33999, rtp_ports: 34000-34999}
users: [{name: alice, password: secret}]
trunks: [{name: carrier, next_hop: "sip:127.0.0.1:9", username: a, password: b, register: true}]
recording: {folder: %q}
click_to_call: {buttons: [{to: alice@localhost, origins: ["https://shop.example.com"]}]}
`

// TestMetricsAreDocumented holds docs/metrics.md to what /metrics tells, both ways.
func TestMetricsAreDocumented(t *testing.T) {
	r := start(t, fmt.Sprintf(withEverything, t.TempDir()))
	body := get(t, http.DefaultClient, r.page(t)+"metrics")
	kinds := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^# TYPE (sipbridge_\S+) (\S+)$`).FindAllStringSubmatch(body, -1) {
		kinds[match[1]] = match[2]
	}
	told := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^# HELP (sipbridge_\S+) (.*)$`).FindAllStringSubmatch(body, -1) {
		told[match[1]] = fmt.Sprintf("| `%s` | %s | %s |", match[1], kinds[match[1]], match[2])
	}
	if len(told) < 100 {
		t.Fatalf("/metrics has only %d; it is not read right:\n%s", len(told), body)
	}
	raw, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	row := regexp.MustCompile("(?m)^\\| `(sipbridge_[a-z0-9_]+)` .*$")
	for _, match := range row.FindAllStringSubmatch(string(raw), -1) {
		shown[match[1]] = match[0]
	}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		if shown[name] != told[name] {
			t.Errorf("docs/metrics.md lacks the row\n%s", told[name])
		}
	}
	for name := range shown {
		if told[name] == "" {
			t.Errorf("docs/metrics.md has %s, which /metrics does not tell", name)
		}
	}
}
