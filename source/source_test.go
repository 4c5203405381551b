package source_test

import (
	"net/netip"
	"testing"

	"sipbridge/source"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::",
		"2001:db8:1:2::": "2001:db8:1:2::", "fe80::1%eth0": "fe80::", "::1": "::",
	} {
		if got := source.Of(netip.MustParseAddr(address)); got != netip.MustParseAddr(want) {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
	if got := source.Of(netip.Addr{}); got.IsValid() {
		t.Errorf("no address counts as %s", got)
	}
}
