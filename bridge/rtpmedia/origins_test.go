package rtpmedia

import (
	"net/netip"
	"testing"
)

// TestOnlyOrigin: the party is where packets of DTLS came from, if they came from nowhere else where it may be, as far
// as we know of all.
func TestOnlyOrigin(t *testing.T) {
	t.Parallel()
	party := netip.MustParseAddr("192.0.2.1")
	mayBe := func(from netip.AddrPort) bool { return from.Addr() == party }
	for name, test := range map[string]struct {
		ports, strangers int
		want             bool
	}{
		"none": {0, 1, false}, "one": {1, 0, true}, "two": {2, 0, false}, "with strangers": {1, maxPaths - 1, true},
		"with more than are noted": {1, maxPaths, false},
	} {
		var known origins
		for i := range test.ports {
			known.add(netip.AddrPortFrom(party, uint16(4000+i)))
		}
		for range 2 { // again changes nothing
			for i := range test.strangers {
				known.add(netip.AddrPortFrom(party.Next(), uint16(4000+i)))
			}
		}
		if from, ok := known.only(mayBe); ok != test.want || ok && from.Addr() != party {
			t.Errorf("%s: %v, %v", name, from, ok)
		}
	}
}
