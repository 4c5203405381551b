package admission

import (
	"testing"
	"time"
)

// TestStrangersAreBounded by their source, by who is called, and all together.
func TestStrangersAreBounded(t *testing.T) {
	t.Parallel()
	bounds, now := newStrangers(2), time.Unix(1_700_000_000, 0) // ten at once; two from one source, and to one callee
	for number, test := range []struct {
		remote, callee string
		taken          bool
	}{
		{"192.0.2.7:1", "a", true},
		{"192.0.2.7:2", "b", true},
		{"192.0.2.7:3", "c", false}, // the source
		{"192.0.2.8:1", "a", true},
		{"192.0.2.10:1", "a", false}, // the callee
		{"192.0.2.11:1", "d", true},
		{"192.0.2.12:1", "e", true},
		{"192.0.2.13:1", "f", true},
		{"192.0.2.14:1", "g", true},
		{"192.0.2.15:1", "h", true},
		{"192.0.2.16:1", "i", true},
		{"192.0.2.17:1", "j", false}, // all
	} {
		flow := from(test.remote)
		if taken := bounds.admit(flow.RemoteAddr().Addr(), test.callee, now); taken != test.taken {
			t.Errorf("call %d, from %s to %s: taken %v", number, test.remote, test.callee, taken)
		}
	}
	if !bounds.admit(from("192.0.2.7:1").RemoteAddr().Addr(), "a", now.Add(time.Minute)) {
		t.Error("refused for ever")
	}
}
