package nat_test

import (
	"fmt"
	"net/netip"
	"testing"

	"sipbridge/sipua/nat"
)

func rule(network, address string) nat.Rule {
	var made nat.Rule
	if network != "" {
		made.Network = netip.MustParsePrefix(network)
	}
	if address != "" {
		made.Address = netip.MustParseAddr(address)
	}
	return made
}

// TestFor: the most exact network that holds a peer decides what it is told.
func TestFor(t *testing.T) {
	t.Parallel()
	addresses := nat.New(
		rule("", "203.0.113.7"), rule("", "2001:db8::7"), rule("10.0.0.0/8", ""), rule("10.1.0.0/16", "10.1.0.5"),
		rule("192.168.0.1/16", "192.168.0.5"), rule("fd00::/8", ""), rule("127.0.0.5/32", "127.0.0.9"),
	)
	for peer, want := range map[string]string{
		"198.51.100.1":    "203.0.113.7",
		"::ffff:8.8.8.8":  "203.0.113.7",
		"10.2.0.1":        "invalid IP",
		"10.1.2.3":        "10.1.0.5",
		"::ffff:10.1.2.3": "10.1.0.5",
		"192.168.7.7":     "192.168.0.5",
		"127.0.0.1":       "invalid IP",
		"127.0.0.5":       "127.0.0.9",
		"2001:db8:1::1":   "2001:db8::7",
		"fd00::1":         "invalid IP",
		"::1":             "invalid IP",
	} {
		if got := addresses.For(netip.Addr{}, netip.MustParseAddr(peer)); got.String() != want {
			t.Errorf("%s is told %v, want %s", peer, got, want)
		}
	}
	local := netip.MustParseAddrPort("10.0.0.5:5060")
	for peer, want := range map[string]string{"8.8.8.8": "203.0.113.7:5060", "10.2.0.1": "10.0.0.5:5060"} {
		if got := addresses.Signalling("UDP", local, netip.MustParseAddr(peer)); got.String() != want {
			t.Errorf("SIP to %s says %v, want %s", peer, got, want)
		}
	}
}

// TestForBrowser: of the family that is not its own, and behind a proxy, a browser is told what everybody is.
func TestForBrowser(t *testing.T) {
	t.Parallel()
	addresses := nat.New(rule("", "203.0.113.7"), rule("::/0", "2001:db8::7"), rule("10.0.0.0/8", ""))
	for peer, want := range map[string]string{
		"198.51.100.1": "[203.0.113.7 2001:db8::7]",
		"127.0.0.1":    "[203.0.113.7 2001:db8::7]",
		"10.2.0.1":     "[2001:db8::7]",
		"2001:db8::9":  "[203.0.113.7 2001:db8::7]",
	} {
		if got := fmt.Sprint(addresses.ForBrowser(netip.MustParseAddr(peer))); got != want {
			t.Errorf("a browser at %s is told %s, want %s", peer, got, want)
		}
	}
	if got := nat.New().ForBrowser(netip.MustParseAddr("192.0.2.1")); len(got) != 0 {
		t.Errorf("without rules %v", got)
	}
}

// TestHas: what no peer is told is none of them, not even an address of a network.
func TestHas(t *testing.T) {
	t.Parallel()
	addresses := nat.New(rule("10.0.0.0/8", "10.0.0.5"), rule("", "203.0.113.7"), rule("192.168.0.0/16", ""))
	for address, want := range map[string]bool{
		"10.0.0.5": true, "::ffff:203.0.113.7": true, "10.0.0.6": false, "192.168.0.1": false,
	} {
		if got := addresses.Has(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if addresses.Has(netip.Addr{}) {
		t.Error("no address is one of them")
	}
}
