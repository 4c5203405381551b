package sipua

import (
	"log/slog"
	"net/netip"
	"testing"
)

// TestNumericServersAreKnownAtOnce: a server that needs no DNS is known before the agent runs, so its first call is
// not taken for a stranger's.
func TestNumericServersAreKnownAtOnce(t *testing.T) {
	var upstreams []Upstream
	for domain, hop := range map[string]string{
		"four.example": "sip:192.0.2.50:5060", "six.example": "sip:[2001:db8::50]:5070", "name.example": "sip:pbx.example",
	} {
		upstream, err := ParseUpstream(domain, hop)
		if err != nil {
			t.Fatal(err)
		}
		upstreams = append(upstreams, upstream)
	}
	agent := NewAgent(Options{Domains: Domains{Upstreams: upstreams}, Log: slog.New(slog.DiscardHandler)})
	for address, want := range map[string]string{
		"192.0.2.50:5060": "four.example", "[2001:db8::50]:5070": "six.example", "192.0.2.51:5060": "",
	} {
		got, _ := agent.fromUpstream(&peer{word: "UDP", remote: netip.MustParseAddrPort(address)})
		if got.Domain != want {
			t.Errorf("%s is a server of %q, want %q", address, got.Domain, want)
		}
	}
}
