package main

import (
	"net/netip"
	"strings"
	"testing"

	"sipbridge/configs"
)

func TestRelayURLs(t *testing.T) {
	at := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:3478"), netip.MustParseAddrPort("[::1]:3478")}
	secure := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:5349")}
	for _, test := range []struct {
		listeners  configs.Listeners
		host, want string
	}{
		{
			configs.Listeners{TURN: at, TURNTLS: secure},
			"turn.example.com",
			"turn:turn.example.com:3478?transport=udp turn:turn.example.com:3478?transport=tcp " +
				"turns:turn.example.com:5349?transport=tcp",
		},
		{configs.Listeners{TURNTLS: secure}, "2001:db8::1", "turns:[2001:db8::1]:5349?transport=tcp"},
	} {
		if got := strings.Join(relayURLs(test.listeners, test.host), " "); got != test.want {
			t.Errorf("%s: %s", test.host, got)
		}
	}
}
