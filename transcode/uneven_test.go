package transcode

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// relay is a network between a source and a Pipe, in the time of a synctest bubble: seeded, it loses packets, and
// delays them unevenly, so that they come in another order.
type relay struct {
	rng *rand.Rand
	// loss is in percent, jitter the longest delay.
	loss   int
	jitter time.Duration
	// clock is how fast the source's clock runs against ours.
	clock float64
}

func newRelay(loss int, jitter time.Duration) *relay {
	return &relay{rng: rand.New(rand.NewPCG(20, uint64(loss))), loss: loss, jitter: jitter, clock: 1}
}

// carry sends packets of 20 ms to a writer.
func (r *relay) carry(t *testing.T, packets []*rtp.Packet, to PacketWriter) {
	t.Helper()
	type arrival struct {
		at     time.Duration
		packet *rtp.Packet
	}
	var way []arrival
	for i, packet := range packets {
		late := time.Duration(0)
		if r.jitter > 0 {
			late = time.Duration(r.rng.Int64N(int64(r.jitter)))
		}
		if r.rng.IntN(100) >= r.loss || i == 0 { // what begins is not lost, so that it can be compared
			sent := time.Duration(float64(i) * float64(20*time.Millisecond) / r.clock)
			way = append(way, arrival{at: sent + late, packet: packet})
		}
	}
	slices.SortStableFunc(way, func(a, b arrival) int { return int(a.at - b.at) })
	began := time.Now()
	for _, next := range way {
		time.Sleep(next.at - time.Since(began))
		if err := to.WriteRTP(next.packet); err != nil {
			t.Fatal(err)
		}
	}
	rest()
}

// timed keeps packets and when they came.
type timed struct {
	recorder

	at []time.Time
}

func (r *timed) WriteRTP(packet *rtp.Packet) error {
	r.at = append(r.at, time.Now())
	return r.recorder.WriteRTP(packet)
}

// gaps are the times between packets.
func (r *timed) gaps() []time.Duration {
	var gaps []time.Duration
	for i := range r.at[1:] {
		gaps = append(gaps, r.at[i+1].Sub(r.at[i]))
	}
	return gaps
}

// steady makes packets of PCMU.
func steady(count int) []*rtp.Packet {
	packets := make([]*rtp.Packet, count)
	payload := make([]byte, 160)
	for i := range packets {
		packets[i] = &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: uint32(i) * 160, SSRC: 1},
			Payload: payload,
		}
	}
	return packets
}

// TestUnevenSoundGoesOutEvenly holds that packets that come unevenly leave evenly where they are transcoded, and as
// they come where they pass through; and that what comes evenly is not held.
func TestUnevenSoundGoesOutEvenly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		to     Format
		jitter time.Duration
		most   time.Duration
		held   bool
	}{
		"transcoded, uneven":              {pcma(8), 60 * time.Millisecond, 0, true},
		"transcoded, even":                {pcma(8), 5 * time.Millisecond, 0, false},
		"transcoded, uneven, not allowed": {pcma(8), 60 * time.Millisecond, -1, false},
		"passing through, uneven":         {pcmu(0), 60 * time.Millisecond, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out timed
				pipe := connect(t, []Format{pcmu(0)}, test.to, &out, ConnectOptions{MostDelay: test.most})
				newRelay(0, test.jitter).carry(t, steady(1000), pipe)
				stats := pipe.Stats()
				if held := stats.Delay > 0; held != test.held {
					t.Errorf("held: %t; %+v", held, stats)
				}
				gaps := slices.Sorted(slices.Values(out.gaps()[100:]))
				spread := gaps[len(gaps)*9/10] - gaps[len(gaps)/10]
				if even := spread < 10*time.Millisecond; even != (test.held || test.jitter < 10*time.Millisecond) {
					t.Errorf("they leave within %v of each other", spread)
				}
			})
		})
	}
}

// TestHourOfDrift has a party talk for an hour whose clock is off by 200 ppm, which is 0.72 s in the end, evenly and
// unevenly. Each packet of its sound leaves, in order, as it came, and none later than in the beginning.
func TestHourOfDrift(t *testing.T) {
	t.Parallel()
	for _, jitter := range []time.Duration{0, 25 * time.Millisecond} {
		for _, clock := range []float64{1 - 200e-6, 1 + 200e-6} {
			t.Run(fmt.Sprintf("jitter %v, clock %f", jitter, clock), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { driftForAnHour(t, jitter, clock) })
			})
		}
	}
}

func driftForAnHour(t *testing.T, jitter time.Duration, clock float64) {
	t.Helper()
	const hour = 3600 * 50
	way := newRelay(0, jitter)
	way.clock = clock
	began := time.Now()
	var worst [60]time.Duration // by the minute
	packets := 0
	dst := PacketWriterFunc(func(packet *rtp.Packet) error {
		sent := time.Duration(float64(packets) * float64(20*time.Millisecond) / clock)
		minute := packets * 60 / hour
		worst[minute] = max(worst[minute], time.Since(began)-sent)
		packets++
		return nil
	})
	pipe := connect(t, []Format{pcmu(0)}, pcma(8), dst, ConnectOptions{})
	way.carry(t, steady(hour), pipe)
	stats := pipe.Stats()
	if packets != hour || jitter == 0 && stats.Sound.Concealed > 0 {
		t.Errorf("%d packets, %+v", packets, stats)
	}
	if first, last := worst[1], worst[59]; last > first+8*time.Millisecond || last > jitter+12*time.Millisecond {
		t.Errorf("delayed by up to %v in minute 1, %v in minute 59", first, last)
	}
	if share := stats.Late * 1000 / hour; share > 15 {
		t.Errorf("%d of 1000 came too late", share)
	}
}

// TestClosedPipe holds that nothing leaves a Pipe that was closed, and that what it held is not let out by a timer.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out recorder
		pipe := connect(t, []Format{pcmu(0)}, pcma(8), &out, ConnectOptions{})
		packets := steady(5)
		for _, i := range []int{0, 2, 3} { // the last two are held behind a hole
			write(t, pipe, packets[i])
		}
		pipe.Close()
		write(t, pipe, packets[4])
		rest()
		if len(out.packets) != 1 {
			t.Errorf("%d packets left", len(out.packets))
		}
	})
}

// TestHoleAtTheEnd holds that what comes behind a hole is let out by a timer where nothing follows, if there may be
// one.
func TestHoleAtTheEnd(t *testing.T) {
	t.Parallel()
	for noTimer, want := range map[bool]int{false: 4, true: 2} {
		synctest.Test(t, func(t *testing.T) {
			var out recorder
			pipe := connect(t, []Format{pcmu(0)}, pcma(8), &out, ConnectOptions{NoTimer: noTimer})
			packets := steady(5)
			for _, i := range []int{0, 1, 3} {
				write(t, pipe, packets[i])
			}
			if out.count() != 2 {
				t.Errorf("%d packets left at once", out.count())
			}
			rest()
			if out.count() != want {
				t.Errorf("without a timer %t: %d packets left, want %d", noTimer, out.count(), want)
			}
			write(t, pipe, packets[4])
			if stats := pipe.Stats(); out.count() != 5 || stats.Lost != 1 {
				t.Errorf("without a timer %t: %d packets left in the end, %+v", noTimer, out.count(), stats)
			}
		})
	}
}
