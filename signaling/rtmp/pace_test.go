package rtmp

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"sipbridge/signaling/rtmp/chunk"
)

const frame = 20 * time.Millisecond

// paced lets packets of 20 ms come late by what late says, and gives when they are due, each against its even time. No
// packet may be due before it came, long after it came, or before the one before it.
func paced(t *testing.T, packets int, late func(packet int) time.Duration) []time.Duration {
	t.Helper()
	var p pace
	var arrival, last time.Duration
	offsets := make([]time.Duration, packets)
	for i := range packets {
		even := time.Duration(i) * frame
		arrival = max(arrival, even+late(i)) // they were put in order before
		due := p.due(even, arrival)
		if due < arrival || due > arrival+maxWait || due < last {
			t.Fatalf("packet %d came at %v and is due at %v, the one before at %v", i, arrival, due, last)
		}
		last, offsets[i] = due, due-even
	}
	return offsets
}

// spread is how far apart the latest and the earliest are, of nineteen in twenty.
func spread(offsets []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(offsets))
	cut := len(sorted) / 40
	return sorted[len(sorted)-1-cut] - sorted[cut]
}

func TestPace(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	upTo := func(most time.Duration) func(int) time.Duration {
		return func(int) time.Duration { return time.Duration(random.Int64N(int64(most))) }
	}
	for _, test := range []struct {
		name string
		late func(int) time.Duration
		// mostSpread is how uneven the sound may be, mostDelay how late it may be on average, after ten seconds.
		mostSpread, mostDelay time.Duration
	}{
		{"even", func(int) time.Duration { return 0 }, 0, 0},
		{"little jitter", upTo(5 * time.Millisecond), 2 * time.Millisecond, 6 * time.Millisecond},
		{"a wireless network", upTo(60 * time.Millisecond), 20 * time.Millisecond, 70 * time.Millisecond},
		{
			"in twos", func(i int) time.Duration { return frame * time.Duration(1-i%2) },
			time.Millisecond, 21 * time.Millisecond,
		},
		{"jitter of seconds", upTo(900 * time.Millisecond), 900 * time.Millisecond, 900 * time.Millisecond},
	} {
		offsets := paced(t, 3000, test.late)[500:]
		var sum time.Duration
		for _, offset := range offsets {
			sum += offset
		}
		if uneven := spread(offsets); uneven > test.mostSpread {
			t.Errorf("%s: the sound is uneven by %v", test.name, uneven)
		}
		if delay := sum / time.Duration(len(offsets)); delay > test.mostDelay {
			t.Errorf("%s: the sound is late by %v", test.name, delay)
		}
	}
}

// TestPaceForgets makes the wait short again after a bad time.
func TestPaceForgets(t *testing.T) {
	t.Parallel()
	offsets := paced(t, 3000, func(i int) time.Duration {
		if i < 100 && i%7 == 0 {
			return 100 * time.Millisecond
		}
		return 0
	})
	if late := offsets[2999]; late > 5*time.Millisecond {
		t.Errorf("a minute later the sound is late by %v", late)
	}
}

// TestPaceFollowsClocks lets the other party's clock be off by half a second in an hour, and by two days' worth of it.
func TestPaceFollowsClocks(t *testing.T) {
	t.Parallel()
	for _, drift := range []time.Duration{3 * time.Microsecond, -3 * time.Microsecond} { // a packet
		offsets := paced(t, 200_000, func(i int) time.Duration { return time.Second + drift*time.Duration(i) })
		if late := offsets[199_999] - time.Second - drift*199_999; late > time.Millisecond {
			t.Errorf("the sound is late by %v with %v", late, drift)
		}
	}
}

func TestPlayout(t *testing.T) {
	t.Parallel()
	p := newPlayout()
	if _, wait, ok := p.take(0); ok || wait < time.Minute {
		t.Errorf("nothing is due in %v, %v", wait, ok)
	}
	for number := range uint32(queueSize) {
		if !p.put(scheduled{due: time.Duration(number) * frame, message: chunk.Message{Timestamp: number}}) {
			t.Fatalf("message %d finds no room", number)
		}
	}
	if p.put(scheduled{}) {
		t.Error("the queue has no limit")
	}
	if message, _, ok := p.take(frame); !ok || message.Timestamp != 0 {
		t.Errorf("the first is %v, %v", message, ok)
	}
	if message, _, ok := p.take(frame); !ok || message.Timestamp != 1 {
		t.Errorf("the second is %v, %v", message, ok)
	}
	if _, wait, ok := p.take(frame); ok || wait != frame {
		t.Errorf("the third is due in %v, %v", wait, ok)
	}
	p.clear()
	if _, _, ok := p.take(time.Hour); ok {
		t.Error("something is left")
	}
}
