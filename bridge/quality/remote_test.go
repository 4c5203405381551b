package quality

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestWhatThePartyReports(t *testing.T) {
	t.Parallel()
	now := time.Now()
	back := func(ago time.Duration) uint32 { return CompactNTP(now.Add(-ago)) }
	tests := map[string]struct {
		block     rtcp.ReceptionReport
		lost      uint64
		jitter    time.Duration
		roundTrip time.Duration
	}{
		"loss and jitter": {rtcp.ReceptionReport{TotalLost: 12, Jitter: 80}, 12, 10 * time.Millisecond, 0},
		"a negative loss": {rtcp.ReceptionReport{TotalLost: 0xffffff}, 0, 0, 0},
		"a round trip": {
			rtcp.ReceptionReport{LastSenderReport: back(150 * time.Millisecond), Delay: 6554},
			0, 0, 50 * time.Millisecond,
		},
		"one from the future":  {rtcp.ReceptionReport{LastSenderReport: back(-time.Second)}, 0, 0, 0},
		"held longer than due": {rtcp.ReceptionReport{LastSenderReport: back(time.Second), Delay: 1 << 17}, 0, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var remote Remote
			var stats Stats
			remote.Take(test.block, now)
			remote.Into(&stats, 8000)
			off := stats.RoundTrip - test.roundTrip
			near := max(off, -off) <= time.Millisecond
			if !near || !stats.Reported || stats.RemoteLost != test.lost || stats.RemoteJitter != test.jitter {
				t.Errorf("%+v", stats)
			}
		})
	}
}

func TestNTP(t *testing.T) {
	t.Parallel()
	// RFC 868: 2,208,988,800 is 00:00 1 January 1970.
	if got := NTP(time.Unix(0, int64(time.Second)/2)); got != 2208988800<<32|1<<31 {
		t.Errorf("%x", got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	var faults Faults
	first, second := netip.MustParseAddrPort("192.0.2.1:4000"), netip.MustParseAddrPort("192.0.2.2:4000")
	faults.CannotDecrypt()
	faults.IsOfType(3)
	faults.IsOfType(77)
	faults.IsFrom(first)
	var stats Stats
	faults.Into(&stats)
	want := Stats{Undecryptable: 1, WrongPayloadType: 2, WrongType: 77, WrongSource: 1, Stranger: first}
	if stats != want {
		t.Errorf("%+v", stats)
	}
	for range 100 {
		faults.IsFrom(second)
	}
	if faults.Into(&stats); stats.Stranger != second || stats.WrongSource != 101 {
		t.Errorf("%+v", stats)
	}
}

func TestCountsOfSeveralLegs(t *testing.T) {
	t.Parallel()
	heard := time.Now()
	now := Stats{Received: 10, Sent: 7, Lost: 3, Jitter: time.Second, Undecryptable: 2}
	got := now.Since(Stats{Received: 4, Sent: 9, Heard: heard}).Plus(Stats{Received: 100, Jitter: time.Hour, Heard: heard})
	want := Stats{Received: 106, Lost: 3, Jitter: time.Second, Undecryptable: 2, Heard: heard}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
