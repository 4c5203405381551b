package rtpmedia

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

// step is a packet that comes to a latch, and whether it is to be taken.
type step struct {
	from     string
	ssrc     uint32
	sequence uint16
	after    time.Duration // since the first packet
	taken    bool
}

// steady is n packets of a source in order, of which the first refused ones are not taken.
func steady(from string, ssrc uint32, first uint16, after time.Duration, n, refused int) []step {
	steps := make([]step, n)
	for i := range steps {
		steps[i] = step{from, ssrc, first + uint16(i), after + time.Duration(i)*20*time.Millisecond, i >= refused}
	}
	return steps
}

const (
	party    = "198.51.100.1:4000"
	rebound  = "198.51.100.1:5000" // the same host at another port
	stranger = "203.0.113.66:6666"
	homeSDP  = "192.168.1.5:4000"
)

func TestLatch(t *testing.T) {
	t.Parallel()
	never := 1000
	tests := map[string]struct {
		signalled, signallingHost string
		steps                     [][]step
		destination               string
	}{
		"nothing came":                {signalled: party, destination: party},
		"the SDP is true":             {party, "", [][]step{steady(party, 1, 1, 0, 3, 0)}, party},
		"another port of the host":    {party, "", [][]step{steady(rebound, 1, 1, 0, 3, 0)}, rebound},
		"a stranger before the party": {party, "", [][]step{steady(stranger, 9, 1, 0, 500, never)}, party},
		"a stranger after the party": {
			party, "", [][]step{steady(party, 1, 1, 0, 3, 0), steady(stranger, 9, 1, 60, 500, never)}, party,
		},
		"a stranger when the party pauses": {
			party, "", [][]step{steady(party, 1, 1, 0, 3, 0), steady(stranger, 9, 1, time.Minute, 500, never)}, party,
		},
		"a stranger guesses the SSRC while the party speaks": {
			party, "", [][]step{steady(party, 1, 1, 0, 3, 0), steady(stranger, 1, 4, time.Second, 40, never)}, party,
		},
		"the party moves on": {
			party, "", [][]step{steady(party, 1, 1, 0, 3, 0), steady(stranger, 1, 160, 3*time.Second, 10, 4)}, stranger,
		},
		"the party moves and its sequence jumps": {
			party, "", [][]step{steady(party, 1, 1, 0, 3, 0), steady(stranger, 1, 9000, 3*time.Second, 10, never)}, party,
		},
		"the signalled address is better than the host": {
			party, "", [][]step{steady(rebound, 1, 1, 0, 3, 0), steady(party, 2, 1, time.Second, 3, 0)}, party,
		},
		"the host is no better than the signalled address": {
			party, "", [][]step{steady(party, 1, 1, 0, 3, 0), steady(rebound, 2, 1, 100, 30, never)}, party,
		},
		"behind a NAT": {homeSDP, "", [][]step{steady(stranger, 1, 1, 0, 10, 4)}, stranger},
		"behind a NAT, the signalling tells": {
			homeSDP, "198.51.100.1", [][]step{steady(rebound, 1, 1, 0, 10, 0)}, rebound,
		},
		"behind a NAT, a stranger is first, then the signalling tells": {
			homeSDP, "198.51.100.1",
			[][]step{
				steady(stranger, 9, 1, 0, 10, 4),
				steady(rebound, 1, 1, time.Second, 10, 0),
				steady(stranger, 9, 60, time.Second, 9, never),
			},
			rebound,
		},
		"behind a NAT, the first to prove itself stays": {
			homeSDP, "", [][]step{steady(stranger, 1, 1, 0, 10, 4), steady(party, 2, 1, time.Second, 30, never)}, stranger,
		},
		"no usable address": {"", "", [][]step{steady(stranger, 1, 1, 0, 10, 4)}, stranger},
		"loss while proving itself": {
			"", "", [][]step{
				steady(stranger, 1, 1, 0, 1, never), steady(stranger, 1, 3, 0, 2, never), steady(stranger, 1, 6, 0, 2, 1),
			}, stranger,
		},
		"disorder while proving itself": {
			"", "", [][]step{
				steady(stranger, 1, 1, 0, 1, never), steady(stranger, 1, 90, 0, 1, never), steady(stranger, 1, 3, 0, 3, never),
			}, "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := latch{}
			if test.signallingHost != "" {
				l.signallingHost = netip.MustParseAddr(test.signallingHost)
			}
			l.adopt(address(test.signalled))
			start := time.Now()
			for _, steps := range test.steps {
				for i, step := range steps {
					if got := l.accept(address(step.from), step.ssrc, step.sequence, start.Add(step.after)); got != step.taken {
						t.Errorf("packet %d from %s: taken is %t", i, step.from, got)
					}
				}
			}
			if got := l.destination(); got != address(test.destination) {
				t.Errorf("sends to %s, want %s", got, test.destination)
			}
		})
	}
}

func address(text string) netip.AddrPort {
	if text == "" {
		return netip.AddrPort{}
	}
	return netip.MustParseAddrPort(text)
}

// TestLatchProvesAmongMany holds that a party can prove itself while others try the same.
func TestLatchProvesAmongMany(t *testing.T) {
	t.Parallel()
	l := latch{}
	now := time.Now()
	for i := range uint16(proof) {
		for other := range uint32(maxCandidates - 1) {
			l.accept(address(stranger), 100+other, i*1000, now)
		}
		if got := l.accept(address(party), 1, i, now); got != (i == proof-1) {
			t.Errorf("packet %d: taken is %t", i, got)
		}
	}
	if len(l.candidates) > maxCandidates {
		t.Errorf("%d candidates are watched", len(l.candidates))
	}
}

// TestLatchShaken holds what becomes of the source from which DTLS seemed to come: the party takes its place back where
// that was somebody else, and nobody takes it once it is heard.
func TestLatchShaken(t *testing.T) {
	t.Parallel()
	const elsewhere = "192.0.2.40:4000"
	for name, test := range map[string]struct {
		signalled, shaken string
		steps             [][]step
		destination       string
	}{
		"nothing is heard": {homeSDP, stranger, nil, stranger},
		"the party at the host of its signalling": {
			homeSDP, stranger, [][]step{steady(rebound, 1, 1, 0, 3, 0), steady(stranger, 9, 1, time.Second, 30, 1000)}, rebound,
		},
		"the party at another host": {
			homeSDP, stranger,
			[][]step{steady(elsewhere, 1, 1, 0, 9, 4), steady(stranger, 9, 1, time.Second, 30, 1000)},
			elsewhere,
		},
		"the party at the stranger's host": {
			homeSDP, rebound, [][]step{steady(party, 1, 1, 0, 9, 4), steady(rebound, 9, 1, time.Second, 30, 1000)}, party,
		},
		"the party where its SDP says": {party, rebound, [][]step{steady(party, 1, 1, 0, 3, 0)}, party},
		"the party has shaken hands": {
			homeSDP, elsewhere,
			[][]step{steady(elsewhere, 1, 1, 0, 2, 0), steady(stranger, 9, 1, time.Second, 30, 1000)},
			elsewhere,
		},
		"nobody believes the other": {party, party, [][]step{steady(stranger, 9, 1, 0, 30, 1000)}, party},
	} {
		l, start := latch{signallingHost: address(party).Addr()}, time.Now()
		l.adopt(address(test.signalled))
		if moved := l.prove(address(test.shaken), start); moved != (test.shaken != test.signalled) {
			t.Errorf("%s: moved is %t", name, moved)
		}
		for _, step := range slices.Concat(test.steps...) {
			if got := l.accept(address(step.from), step.ssrc, step.sequence, start.Add(step.after)); got != step.taken {
				t.Errorf("%s: packet %d from %s: taken is %t", name, step.sequence, step.from, got)
			}
		}
		if got := l.destination(); got != address(test.destination) {
			t.Errorf("%s: sends to %s", name, got)
		}
	}
}

func TestLatchNewAddress(t *testing.T) {
	t.Parallel()
	l := latch{signallingHost: netip.MustParseAddr("192.0.2.1")}
	now := time.Now()
	l.adopt(address(party))
	l.accept(address(rebound), 1, 1, now)
	l.adopt(address(party))
	if l.destination() != address(rebound) {
		t.Error("the same address in a new description lost the source")
	}
	l.adopt(address(stranger))
	if l.destination() != address(stranger) || l.accept(address(rebound), 1, 2, now) {
		t.Error("a new address kept the old source")
	}
	if !l.acceptsReports(address(stranger).Addr()) || !l.acceptsReports(netip.MustParseAddr("192.0.2.1")) ||
		l.acceptsReports(address(party).Addr()) {
		t.Error("RTCP of the wrong host")
	}
}
