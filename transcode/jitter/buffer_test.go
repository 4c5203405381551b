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

// push pushes packets whose memory is overwritten afterwards, as a reader's buffer is.
func push(b *Buffer, packet *rtp.Packet) {
	b.Push(packet)
	clear(packet.Payload)
	*packet = rtp.Packet{}
}

func TestBuffer(t *testing.T) {
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
			push:  []uint16{5, 30, 31},
			want:  "restart, play 5, lose 24 before 30, play 30, play 31",
			stats: Stats{Lost: 24},
		},
		"hole, then another beyond the places": {
			push:  []uint16{5, 7, 30},
			want:  "restart, play 5, lose 1 before 7, play 7, lose 22 before 30, play 30",
			stats: Stats{Lost: 23},
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
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out diary
			b := NewBuffer(&out, Options{ClockRate: 8000})
			for _, seq := range test.push {
				push(b, audio(seq))
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
	var out diary
	b := NewBuffer(&out, Options{ClockRate: 8000})
	for _, seq := range []uint16{5, 7, 9} {
		push(b, audio(seq))
	}
	b.Flush()
	push(b, audio(10))
	want := "restart, play 5, lose 1 before 7, play 7, lose 1 before 9, play 9, play 10"
	if got := strings.Join(out.lines, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBufferNewSource(t *testing.T) {
	var out diary
	b := NewBuffer(&out, Options{ClockRate: 8000})
	push(b, audio(5))
	push(b, audio(7))
	other := audio(6)
	other.SSRC = 8
	push(b, other)
	want := "restart, play 5, lose 1 before 7, play 7, restart, play 6"
	if got := strings.Join(out.lines, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestBufferWait holds that Wait is a length of sound, not of packets.
func TestBufferWait(t *testing.T) {
	tests := map[time.Duration]int{20 * time.Millisecond: 1, 60 * time.Millisecond: 3, 90 * time.Millisecond: 5}
	for wait, held := range tests {
		var out diary
		b := NewBuffer(&out, Options{ClockRate: 8000, Wait: wait})
		push(b, audio(1))
		count := 0
		for seq := uint16(3); len(out.lines) == 2 && seq < 20; seq++ {
			push(b, audio(seq))
			count++
		}
		if count-1 != held {
			t.Errorf("wait %s: %d packets were held", wait, count-1)
		}
	}
}

// TestBufferTimestampChaos holds that timestamps which make no sense never hold packets for ever.
func TestBufferTimestampChaos(t *testing.T) {
	var out diary
	b := NewBuffer(&out, Options{ClockRate: 8000})
	push(b, audio(1))
	for seq := uint16(3); seq < 40; seq++ {
		packet := audio(seq)
		packet.Timestamp = 5 // never advances
		push(b, packet)
	}
	if !slices.Contains(out.lines, "play 39") {
		t.Errorf("the newest packet is still held: %v", out.lines)
	}
}

func TestBufferAllocations(t *testing.T) {
	b := NewBuffer(&silent{}, Options{ClockRate: 8000})
	packet := audio(0)
	for range 200 { // the places grow to the size of the payloads
		packet.SequenceNumber += 2
		packet.Timestamp += 320
		b.Push(packet)
	}
	if n := testing.AllocsPerRun(1000, func() {
		packet.SequenceNumber += 1 + packet.SequenceNumber%3
		packet.Timestamp += 160
		b.Push(packet)
	}); n != 0 {
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
		packet := audio(100)
		for _, step := range steps {
			packet.SequenceNumber += uint16(int8(step))
			packet.Timestamp += uint32(int8(step)) * 160
			if step == 0x80 {
				packet.SequenceNumber += 5000
			}
			b.Push(packet)
		}
		b.Flush()
		stats := b.Stats()
		dropped := int(stats.Late + stats.Duplicates + stats.Strays)
		if check.out+dropped != len(steps) {
			t.Fatalf("%d in, %d out, %d dropped", len(steps), check.out, dropped)
		}
	})
}
