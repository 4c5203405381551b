package jitter

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// network carries packets of 20 ms from a party to a Buffer, in a time of its own.
type network struct {
	rng *rand.Rand
	// clock is how fast the party's clock runs against ours.
	clock float64
	// jitter is the longest time by which a packet is late, loss how many of a thousand never come.
	jitter time.Duration
	loss   int
}

// outcome is what a Buffer made of a stream.
type outcome struct {
	buffer *Buffer
	now    time.Duration
	// delays are how much later than they would have come without jitter packets went out, in their order.
	delays []time.Duration
	// gaps are the times between them.
	gaps   []time.Duration
	last   time.Duration
	clock  float64
	misses int
}

func (o *outcome) Restart()                      {}
func (o *outcome) Lose(count int, _ *rtp.Packet) { o.misses += count }

func (o *outcome) Play(packet *rtp.Packet) {
	sent := time.Duration(float64(packet.Timestamp) / 8000 * float64(time.Second) / o.clock)
	o.delays = append(o.delays, o.now-sent)
	o.gaps = append(o.gaps, o.now-o.last)
	o.last = o.now
}

func newOutcome(clock float64, options Options) *outcome {
	o := &outcome{clock: clock}
	o.buffer = NewBuffer(o, options)
	return o
}

// arrival is a packet on its way.
type arrival struct {
	packet *rtp.Packet
	at     time.Duration
}

// carry sends packets from number first on through the network, and advances the Buffer when it wants that.
func (n *network) carry(o *outcome, first, count int) {
	var way []arrival
	for number := first; number < first+count; number++ {
		sent := time.Duration(float64(number) * float64(20*time.Millisecond) / n.clock)
		late := time.Duration(0)
		if n.jitter > 0 {
			late = time.Duration(n.rng.Int64N(int64(n.jitter)))
		}
		if n.rng.IntN(1000) >= n.loss {
			packet := &rtp.Packet{
				Header:  rtp.Header{SequenceNumber: uint16(number), Timestamp: uint32(number) * 160, SSRC: 7},
				Payload: []byte{1},
			}
			way = append(way, arrival{packet: packet, at: sent + late})
		}
	}
	slices.SortFunc(way, func(a, b arrival) int { return int(a.at - b.at) })
	for _, next := range way {
		o.advanceTo(next.at)
		o.buffer.Push(next.packet, next.at)
	}
	o.advanceTo(o.now + time.Second)
}

func (o *outcome) advanceTo(at time.Duration) {
	for due, ok := o.buffer.Due(); ok && due < at; due, ok = o.buffer.Due() {
		o.now = max(o.now, due)
		o.buffer.Advance(o.now)
	}
	o.now = at
}

func seeded(jitter time.Duration) *network {
	return &network{rng: rand.New(rand.NewPCG(7, 7)), clock: 1, jitter: jitter}
}

func quantile(values []time.Duration, share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

// TestDelayFollowsJitter has packets come unevenly, and holds how long they are held and how evenly they go out.
func TestDelayFollowsJitter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		jitter, most time.Duration
		low, high    time.Duration // of the delay that is found
	}{
		"none":                {0, 0, 0, 0},
		"of a busy machine":   {9 * time.Millisecond, 0, 0, 0},
		"30 ms":               {30 * time.Millisecond, 0, 25 * time.Millisecond, 30 * time.Millisecond},
		"60 ms":               {60 * time.Millisecond, 0, 55 * time.Millisecond, 65 * time.Millisecond},
		"more than the bound": {300 * time.Millisecond, 0, DefaultMost, DefaultMost},
		"a bound of one's own": {
			60 * time.Millisecond, 40 * time.Millisecond, 40 * time.Millisecond, 40 * time.Millisecond,
		},
		"switched off": {60 * time.Millisecond, -1, 0, 0},
	}
	for name, test := range tests {
		o := newOutcome(1, Options{ClockRate: 8000, Most: test.most})
		seeded(test.jitter).carry(o, 0, 3000)
		stats := o.buffer.Stats()
		if stats.Delay < test.low || stats.Delay > test.high {
			t.Errorf("%s: held for %v, want %v to %v", name, stats.Delay, test.low, test.high)
		}
		if test.high == 0 && test.most == 0 {
			if slowest := slices.Max(o.delays); slowest > test.jitter+time.Microsecond || stats.Lost > 0 {
				t.Errorf("%s: delayed by %v, %+v", name, slowest, stats)
			}
		}
		if test.jitter <= DefaultMost && test.most == 0 && test.jitter > even {
			uneven := quantile(o.gaps[500:], 0.9) - quantile(o.gaps[500:], 0.1)
			if uneven > 6*time.Millisecond || int(stats.Lost) > 3000*2/100 {
				t.Errorf("%s: spread by %v still, %+v", name, uneven, stats)
			}
		}
	}
}

// TestDelayRisesFastAndFallsSlowly has jitter come and go.
func TestDelayRisesFastAndFallsSlowly(t *testing.T) {
	t.Parallel()
	n := seeded(0)
	o := newOutcome(1, Options{ClockRate: 8000})
	delay := func() time.Duration { return o.buffer.Stats().Delay }
	n.carry(o, 0, 1000)
	if delay() != 0 {
		t.Fatalf("held for %v without need", delay())
	}
	n.jitter = 60 * time.Millisecond
	n.carry(o, 1000, 50)
	if delay() < 40*time.Millisecond {
		t.Errorf("held for %v after a second of jitter", delay())
	}
	n.carry(o, 1050, 500)
	n.jitter = 0
	before := delay()
	n.carry(o, 1550, 100)
	if fell := before - delay(); fell > 12*time.Millisecond {
		t.Errorf("the delay fell by %v in two seconds", fell)
	}
	n.carry(o, 1650, 2000)
	if delay() != 0 {
		t.Errorf("held for %v still, 40 s after the jitter", delay())
	}
}

// TestDelayFallsInSilence lets the party pause once the jitter is over.
func TestDelayFallsInSilence(t *testing.T) {
	t.Parallel()
	n := seeded(100 * time.Millisecond)
	o := newOutcome(1, Options{ClockRate: 8000})
	n.carry(o, 0, 1000)
	n.jitter = 0
	n.carry(o, 1000, 620)
	before := o.buffer.Stats().Delay
	o.buffer.Push(&rtp.Packet{
		Header:  rtp.Header{SequenceNumber: 1620, Timestamp: 1720 * 160, SSRC: 7},
		Payload: []byte{1},
	}, 1720*20*time.Millisecond)
	if after := o.buffer.Stats().Delay; before < 25*time.Millisecond || after > before-20*time.Millisecond {
		t.Errorf("held for %v before a pause and for %v after it", before, after)
	}
}

// TestDrift has a party talk for an hour whose clock is off by 200 ppm: 0.72 s in the end.
func TestDrift(t *testing.T) {
	t.Parallel()
	const hour = 3600 * 50
	for _, jitter := range []time.Duration{3 * time.Millisecond, 30 * time.Millisecond} {
		for _, clock := range []float64{1 - 200e-6, 1 + 200e-6} {
			n := seeded(jitter)
			n.clock = clock
			o := newOutcome(clock, Options{ClockRate: 8000})
			n.carry(o, 0, hour)
			stats := o.buffer.Stats()
			early, end := o.delays[hour/60:hour/30], o.delays[hour*9/10:]
			grown := quantile(end, 0.5) - quantile(early, 0.5)
			if max(grown, -grown) > 2*time.Millisecond {
				t.Errorf("jitter %v, clock %f: the delay grew by %v in an hour", jitter, clock, grown)
			}
			if most := quantile(end, 0.99); most > jitter+7*time.Millisecond {
				t.Errorf("jitter %v, clock %f: a hundredth is delayed by more than %v", jitter, clock, most)
			}
			if jitter < even && (stats.Lost > 0 || stats.Delay > 0) || int(stats.Lost) > hour*15/1000 {
				t.Errorf("jitter %v, clock %f: %+v", jitter, clock, stats)
			}
		}
	}
}

// TestClockJumps has the timestamps of a party leap by half a second or more, and stand still for as long, as those of
// phones do that hold: nothing may be held or lost for it.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	for _, leap := range []int{-100000, -9000, -4000, 4000, 9000, 100000} {
		o := newOutcome(1, Options{ClockRate: 8000})
		for number := range 600 {
			packet := audio(uint16(number))
			if number >= 300 {
				packet.Timestamp += uint32(leap)
			}
			at := time.Duration(number) * 20 * time.Millisecond
			o.advanceTo(at)
			o.buffer.Push(packet, at)
		}
		o.advanceTo(time.Hour)
		if stats := o.buffer.Stats(); stats.Delay > 0 || stats.Lost > 0 || len(o.delays) != 600 {
			t.Errorf("leap by %d: %d packets of 600, %+v", leap, len(o.delays), stats)
		}
	}
}

// TestTimestampsThatOnlyLeap holds that timestamps which add up beyond what a clock can show do no harm.
func TestTimestampsThatOnlyLeap(t *testing.T) {
	t.Parallel()
	for _, step := range []uint32{0x7fffffff, 0x80000000, 8000 * longestJump} {
		buffer := NewBuffer(&idle{}, Options{ClockRate: 8000})
		packet := &rtp.Packet{Payload: []byte{1}}
		for i := range 100_000 {
			packet.SequenceNumber++
			packet.Timestamp += step
			buffer.Push(packet, time.Duration(i)*time.Millisecond)
		}
		if delay := buffer.Stats().Delay; delay < 0 || delay > DefaultMost {
			t.Errorf("steps of %d: the delay is %v", step, delay)
		}
	}
}

// idle is a Sink that does nothing.
type idle struct{}

func (*idle) Restart()              {}
func (*idle) Play(*rtp.Packet)      {}
func (*idle) Lose(int, *rtp.Packet) {}
