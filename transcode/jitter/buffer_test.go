package jitter

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// diary writes down what comes out of a Buffer.
type diary struct{ lines []string }

func (d *diary) Restart() { d.lines = append(d.lines, "restart") }
func (d *diary) Lose(count int, next *rtp.Packet) {
	d.lines = append(d.lines, fmt.Sprintf("lose %d before %d", count, next.SequenceNumber))
}

func (d *diary) Play(packet *rtp.Packet) {
	if string(packet.Payload) != content(packet.SequenceNumber) {
		d.lines = append(d.lines, "wrong payload")
	}
	d.lines = append(d.lines, fmt.Sprintf("play %d", packet.SequenceNumber))
}

func content(seq uint16) string { return fmt.Sprintf("payload of %d", seq) }

// audio makes packet seq of a stream of 20 ms packets at 8 kHz.
func audio(seq uint16) *rtp.Packet {
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(seq) * 160, SSRC: 7},
		Payload: []byte(content(seq)),
	}
}

// pushed pushes a packet whose memory is overwritten afterwards, as a reader's buffer is.
func pushed(b *Buffer, packet *rtp.Packet, at time.Duration) {
	b.Push(packet, at)
	clear(packet.Payload)
	*packet = rtp.Packet{}
}

// arrivals gives when packets come that were sent every 20 ms from 0 on and of which each one comes with the newest
// before it.
func arrivals(numbers []uint16) []time.Duration {
	newest, at := numbers[0], make([]time.Duration, len(numbers))
	for i, number := range numbers {
		if ahead := int16(number - newest); ahead > 0 && ahead < 1000 {
			newest = number
		}
		at[i] = 20 * time.Millisecond * time.Duration(newest-numbers[0])
	}
	return at
}

// TestBuffer holds the order in which packets go out where none is delayed.
func TestBuffer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		push []uint16
		want string
		// stats after all
		stats Stats
	}{
		"in order goes out at once": {
			push: []uint16{5, 6, 7},
			want: "restart, play 5, play 6, play 7",
		},
		"reordered": {
			push: []uint16{5, 7, 6, 8},
			want: "restart, play 5, play 6, play 7, play 8",
		},
		"two reordered by two": {
			push: []uint16{5, 8, 7, 6, 9},
			want: "restart, play 5, play 6, play 7, play 8, play 9",
		},
		"held until the deadline": {
			push: []uint16{5, 7, 8},
			want: "restart, play 5",
		},
		"lost": {
			push:  []uint16{5, 7, 8, 9, 10},
			want:  "restart, play 5, lose 1 before 7, play 7, play 8, play 9, play 10",
			stats: Stats{Lost: 1},
		},
		"late after it was given up": {
			push:  []uint16{5, 7, 8, 9, 6, 10},
			want:  "restart, play 5, lose 1 before 7, play 7, play 8, play 9, play 10",
			stats: Stats{Lost: 1, Late: 1},
		},
		"two holes": {
			push:  []uint16{5, 7, 9, 10, 11},
			want:  "restart, play 5, lose 1 before 7, play 7, lose 1 before 9, play 9, play 10, play 11",
			stats: Stats{Lost: 2},
		},
		"duplicates": {
			push:  []uint16{5, 5, 6, 8, 8, 7, 6},
			want:  "restart, play 5, play 6, play 7, play 8",
			stats: Stats{Duplicates: 3},
		},
		"long hole, beyond the places": {
			push:  []uint16{5, 60, 61},
			want:  "restart, play 5, lose 54 before 60, play 60, play 61",
			stats: Stats{Lost: 54},
		},
		"hole, then another beyond the places": {
			push:  []uint16{5, 7, 60},
			want:  "restart, play 5, lose 1 before 7, play 7, lose 52 before 60, play 60",
			stats: Stats{Lost: 53},
		},
		"wraps": {
			push: []uint16{65534, 0, 65535, 1},
			want: "restart, play 65534, play 65535, play 0, play 1",
		},
		"stray": {
			push:  []uint16{5, 20000, 6},
			want:  "restart, play 5, play 6",
			stats: Stats{Strays: 1},
		},
		"numbering jumps": {
			push:  []uint16{5, 7, 20000, 20001, 20002},
			want:  "restart, play 5, lose 1 before 7, play 7, restart, play 20001, play 20002",
			stats: Stats{Lost: 1, Strays: 1},
		},
		"after three losses none is waited for": {
			push: []uint16{5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 19},
			want: "restart, play 5, lose 1 before 7, play 7, play 8, play 9, lose 1 before 11, play 11, play 12, " +
				"play 13, lose 1 before 15, play 15, play 16, play 17, lose 1 before 19, play 19",
			stats: Stats{Lost: 4},
		},
		"but again after one that came late": {
			push: []uint16{5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 19, 18, 21, 20},
			want: "restart, play 5, lose 1 before 7, play 7, play 8, play 9, lose 1 before 11, play 11, play 12, " +
				"play 13, lose 1 before 15, play 15, play 16, play 17, lose 1 before 19, play 19, play 20, play 21",
			stats: Stats{Lost: 4, Late: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out diary
			b := NewBuffer(&out, Options{ClockRate: 8000, Most: -1})
			at := arrivals(test.push)
			for i, seq := range test.push {
				pushed(b, audio(seq), at[i])
			}
			if got := strings.Join(out.lines, ", "); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if got := b.Stats(); got != test.stats {
				t.Errorf("stats %+v, want %+v", got, test.stats)
			}
		})
	}
}

func TestBufferFlush(t *testing.T) {
	t.Parallel()
	var out diary
	b := NewBuffer(&out, Options{ClockRate: 8000})
	for i, seq := range []uint16{5, 7, 9} {
		pushed(b, audio(seq), time.Duration(i)*time.Millisecond)
	}
	b.Flush()
	pushed(b, audio(10), 3*time.Millisecond)
	want := "restart, play 5, lose 1 before 7, play 7, lose 1 before 9, play 9, play 10"
	if got := strings.Join(out.lines, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBufferNewSource(t *testing.T) {
	t.Parallel()
	var out diary
	b := NewBuffer(&out, Options{ClockRate: 8000})
	pushed(b, audio(5), 0)
	pushed(b, audio(7), 40*time.Millisecond)
	other := audio(6)
	other.SSRC = 8
	pushed(b, other, 50*time.Millisecond)
	want := "restart, play 5, lose 1 before 7, play 7, restart, play 6"
	if got := strings.Join(out.lines, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestBufferWait holds that Wait is a length of time, not of packets, and that Due tells when it is over.
func TestBufferWait(t *testing.T) {
	tests := map[time.Duration]int{20 * time.Millisecond: 1, 60 * time.Millisecond: 3, 90 * time.Millisecond: 5}
	for wait, held := range tests {
		var out diary
		b := NewBuffer(&out, Options{ClockRate: 8000, Wait: wait})
		pushed(b, audio(1), 0)
		count := 0
		for seq := uint16(3); len(out.lines) == 2 && seq < 20; seq++ {
			pushed(b, audio(seq), time.Duration(seq-1)*20*time.Millisecond)
			count++
			if due, ok := b.Due(); ok && due != 40*time.Millisecond+wait {
				t.Errorf("wait %s: due at %s", wait, due)
			}
		}
		if count-1 != held {
			t.Errorf("wait %s: %d packets were held", wait, count-1)
		}
	}
}

// TestBufferTimestampChaos holds that timestamps which make no sense never hold packets for ever.
func TestBufferTimestampChaos(t *testing.T) {
	t.Parallel()
	var out diary
	b := NewBuffer(&out, Options{ClockRate: 8000})
	pushed(b, audio(1), 0)
	at := time.Duration(0)
	for seq := uint16(3); seq < 400; seq++ {
		packet := audio(seq)
		packet.Timestamp = 5 // never advances
		at += 20 * time.Millisecond
		pushed(b, packet, at)
	}
	if due, ok := b.Due(); ok && due > at+DefaultMost {
		t.Errorf("packets are held for %s", due-at)
	}
	if !slices.Contains(out.lines, "play 390") {
		t.Errorf("packets are still held after 0.2 s: %v", out.lines)
	}
}

func TestBufferAllocations(t *testing.T) {
	b := NewBuffer(&silent{}, Options{ClockRate: 8000})
	packet, at := audio(0), time.Duration(0)
	push := func(ahead uint16) {
		packet.SequenceNumber += ahead
		packet.Timestamp += 160 * uint32(ahead)
		at += 20 * time.Millisecond * time.Duration(ahead)
		late := time.Duration(packet.SequenceNumber%4) * 10 * time.Millisecond
		b.Push(packet, at+late)
	}
	for range 200 { // the places grow to the size of the payloads
		push(1)
	}
	if n := testing.AllocsPerRun(1000, func() { push(1 + packet.SequenceNumber%3) }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

type silent struct{ played int }

func (*silent) Restart()              {}
func (*silent) Lose(int, *rtp.Packet) {}
func (s *silent) Play(*rtp.Packet)    { s.played++ }

// checker holds that what comes out is in order and without repetition.
type checker struct {
	t       *testing.T
	started bool
	next    uint16
	out     int
}

func (c *checker) Restart() { c.started = false }
func (c *checker) Lose(count int, next *rtp.Packet) {
	c.next += uint16(count)
	if !c.started || next.SequenceNumber != c.next || count <= 0 {
		c.t.Fatalf("lost %d before %d, expected %d", count, next.SequenceNumber, c.next)
	}
}

func (c *checker) Play(packet *rtp.Packet) {
	if c.started && packet.SequenceNumber != c.next {
		c.t.Fatalf("played %d, expected %d", packet.SequenceNumber, c.next)
	}
	c.started, c.next = true, packet.SequenceNumber+1
	c.out++
}

func FuzzBuffer(f *testing.F) {
	f.Add([]byte{1, 1, 1, 2, 1, 1, 0, 130, 5, 200, 255})
	f.Fuzz(func(t *testing.T, steps []byte) {
		check := &checker{t: t}
		b := NewBuffer(check, Options{ClockRate: 8000})
		packet, at := audio(100), time.Duration(0)
		for i, step := range steps {
			packet.SequenceNumber += uint16(int8(step))
			packet.Timestamp += uint32(int8(step)) * 160
			if step == 0x80 {
				packet.SequenceNumber += 5000
			}
			at += time.Duration(step&0x3f) * time.Millisecond
			b.Push(packet, at)
			if due, ok := b.Due(); ok && i%3 == 0 {
				at = max(at, due)
				b.Advance(at)
				if again, ok := b.Due(); ok && again <= at {
					t.Fatalf("at %v something is still due, from %v on", at, again)
				}
			}
		}
		b.Flush()
		stats := b.Stats()
		dropped := int(stats.Late + stats.Duplicates + stats.Strays)
		if check.out+dropped != len(steps) {
			t.Fatalf("%d in, %d out, %d dropped", len(steps), check.out, dropped)
		}
	})
}
