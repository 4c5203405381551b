package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sipbridge/bridge"
	"sipbridge/bridge/udp"
	"sipbridge/bridge/webrtcmedia"
	"sipbridge/configs"
	"sipbridge/sipua"
	"sipbridge/sipua/transport"
	"sipbridge/transcode"
)

//nolint:gochecknoglobals // a flag of the test
var update = flag.Bool("update", false, "write the golden files anew")

// from is a flow from a peer somewhere, to sockets on loopback of its family.
type from struct {
	transport.Flow

	word, peer string
}

func (f from) Transport() string          { return f.word }
func (f from) RemoteAddr() netip.AddrPort { return netip.MustParseAddrPort(f.peer) }

func (f from) LocalAddr() netip.AddrPort {
	if f.RemoteAddr().Addr().Is4() {
		return netip.MustParseAddrPort("127.0.0.1:5060")
	}
	return netip.MustParseAddrPort("[::1]:5060")
}

// TestAdvertisedPerPeer: each peer is told the address of its network, in SIP, in SDP and in ICE candidates.
func TestAdvertisedPerPeer(t *testing.T) {
	addresses, err := newAddresses(configs.Listen{Advertised: []configs.Advertised{
		{Address: "203.0.113.7"},
		{Address: "2001:db8::7"},
		{Network: "10.0.0.0/8", Address: "10.0.0.5"},
		{Network: "10.9.0.0/16"},
		{Network: "fd00::/8", Address: "fd00::5"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	config := &configs.Config{Media: configs.Media{RTPPorts: configs.PortRange{First: 41000, Last: 41199}}}
	sessions, err := newMediaSessions(config, addresses, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err = sessions.engine.Close(); err != nil {
		t.Fatal(err)
	}
	sessions.engine, err = webrtcmedia.New(webrtcmedia.EngineOptions{
		Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, Poller: udp.NewPoller(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sessions.engine.Close() }()
	var golden strings.Builder
	for _, peer := range []string{
		"198.51.100.1:5060", "10.1.1.1:5060", "10.9.1.1:5060", "127.0.0.1:5070", "[2001:db8:1::1]:5060", "[fd00::9]:5060",
	} {
		phone := from{word: "UDP", peer: peer}
		fmt.Fprintf(&golden, "%s\nsip: %v\n", peer, addresses.Signalling("UDP", phone.LocalAddr(), phone.RemoteAddr().Addr()))
		golden.WriteString(offerTo(t, sessions, phone))
		golden.WriteString(offerTo(t, sessions, from{word: "WS", peer: peer}))
	}
	compare(t, filepath.Join("testdata", "advertised.txt"), golden.String())
}

// offerTo gives what an offer to a peer says of addresses.
func offerTo(t *testing.T, sessions *mediaSessions, peer from) string {
	t.Helper()
	session, err := sessions.open(sipua.MediaParty{Flow: peer}, bridge.MediaEvents{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	offer, err := session.Offer(bridge.Description{Media: []bridge.MediaDescription{{
		Kind: transcode.Audio, Direction: bridge.SendRecv,
		Formats: []transcode.Format{{Codec: transcode.Codec{Name: "PCMU", ClockRate: 8000, Channels: 1}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for line := range strings.Lines(string(offer)) {
		if regexp.MustCompile(`^(o|c|a=candidate)[=:]`).MatchString(line) {
			line = regexp.MustCompile(` \d{9,}| \d{5}\b`).ReplaceAllString(strings.TrimSpace(line), " #")
			said.WriteString(peer.word + " " + line + "\n")
		}
	}
	return said.String()
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%v; got\n%s, want\n%s", err, got, want)
	}
}
