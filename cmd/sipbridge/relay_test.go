package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sipbridge/bridge/turn"
	"sipbridge/configs"
	"sipbridge/sipua/nat"
	"sipbridge/web/clicktocall"
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

// TestGuestICEServers: a guest is told of the relay by the family that he came with, for as long as he may call.
func TestGuestICEServers(t *testing.T) {
	socket := listenPackets(t)
	relay, err := turn.New(turn.Options{UDP: []net.PacketConn{socket}, Realm: "localhost", Secret: "s", Media: nobody{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = relay.Close() }()
	s := &service{config: &configs.Config{}, addresses: nat.New(), relay: relay}
	s.listeners.TURN = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:3478")}
	guest := clicktocall.Guest{User: "guest-1@localhost", Until: time.Now().Add(2 * time.Minute)}
	for local, want := range map[string]string{"192.0.2.1": "192.0.2.1", "2001:db8::1": "[2001:db8::1]"} {
		var told []iceServer
		text := s.guestICEServers(netip.MustParseAddr(local), netip.MustParseAddr("198.51.100.1"), guest)
		if err := json.Unmarshal(text, &told); err != nil || len(told) != 1 {
			t.Fatalf("%s: %v", text, err)
		}
		if told[0].URLs[0] != "turn:"+want+":3478?transport=udp" || told[0].Credential == "" ||
			told[0].Username != fmt.Sprintf("%d:%s", guest.Until.Unix(), guest.User) {
			t.Errorf("%s: %s", local, text)
		}
	}
	s.relay = nil
	if text := s.guestICEServers(netip.MustParseAddr("192.0.2.1"), netip.Addr{}, guest); text != nil {
		t.Errorf("without a relay: %s", text)
	}
}
