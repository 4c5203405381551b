package jitter

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/sequence"
)

const (
	// DefaultWait is how long a hole is waited for where packets are not delayed: two packets of 20 ms.
	DefaultWait = 40 * time.Millisecond
	// DefaultMost is the longest delay.
	DefaultMost = 120 * time.Millisecond

	// size is the largest number of places between the hole and the newest held packet.
	size = 32
	// hopeless is after how many holes in a row that nothing filled none is waited for.
	hopeless = 3
	// silence is how far a timestamp is ahead of the one before where the party paused.
	silence = 200 * time.Millisecond
)

// Sink takes what leaves a Buffer, in order. The packets are valid until the method returns.
type Sink interface {
	// Restart tells that the packets that follow have nothing to do with those before: another SSRC, or
	// a numbering that jumped. It comes before the first packet of all, too.
	Restart()
	// Lose tells that count packets before next are lost; Play of next follows.
	Lose(count int, next *rtp.Packet)
	// Play takes the next packet in order.
	Play(packet *rtp.Packet)
}

// Options says how a Buffer holds packets.
type Options struct {
	// ClockRate of the packets' timestamps in Hz. Required.
	ClockRate uint32
	// Wait is how long a hole is waited for where packets are not delayed; 0 means DefaultWait.
	Wait time.Duration
	// Most is the longest delay; 0 means DefaultMost, and a negative value that packets are never delayed.
	Most time.Duration
}

// Stats counts what a Buffer dropped and missed.
type Stats struct {
	// Lost counts packets declared lost.
	Lost uint64
	// Late counts packets that came after they were declared lost.
	Late uint64
	// Duplicates counts packets that came again.
	Duplicates uint64
	// Strays counts packets with a sequence number far from all others.
	Strays uint64
	// Delay is by how much packets are held now, so that they go out evenly.
	Delay time.Duration
}

// Buffer holds the packets of one stream that may not go out yet. Its methods belong to one goroutine at a time, but
// for Stats.
type Buffer struct {
	sink Sink
	wait time.Duration

	ssrc    uint32
	started bool
	window  sequence.Window
	next    int64      // the number that goes out next
	held    [size]slot // at number modulo size
	holding int
	late    lateness
	// unfilled counts the holes since the last packet that came out of order.
	unfilled int
	stamp    uint32 // of the newest packet with sound
	out      rtp.Packet

	lost, lateCount, duplicates, strays atomic.Uint64
	delay                               atomic.Int64
}

// slot is a packet that is held.
type slot struct {
	used, marker bool
	payloadType  uint8
	number       uint16
	timestamp    uint32
	came         time.Duration
	payload      []byte
}

// NewBuffer makes a Buffer that puts out to sink.
func NewBuffer(sink Sink, options Options) *Buffer {
	b := &Buffer{sink: sink, wait: options.Wait}
	if b.wait == 0 {
		b.wait = DefaultWait
	}
	b.late = lateness{clockRate: int64(max(options.ClockRate, 1)), most: max(options.Most, 0)}
	if options.Most == 0 {
		b.late.most = DefaultMost
	}
	return b
}

// Stats gives a snapshot.
func (b *Buffer) Stats() Stats {
	return Stats{
		Lost: b.lost.Load(), Late: b.lateCount.Load(),
		Duplicates: b.duplicates.Load(), Strays: b.strays.Load(), Delay: time.Duration(b.delay.Load()),
	}
}

// Push takes a packet that came at a moment. It copies what it must hold.
func (b *Buffer) Push(packet *rtp.Packet, at time.Duration) {
	if !b.started || packet.SSRC != b.ssrc {
		b.Flush()
		b.window = sequence.Window{}
		b.late.restart()
		b.started, b.ssrc = true, packet.SSRC
	}
	number, verdict := b.window.Place(packet.SequenceNumber)
	switch verdict {
	case sequence.Stray:
		b.strays.Add(1)
		return
	case sequence.Duplicate:
		b.duplicates.Add(1)
		return
	case sequence.First:
		b.Flush()
		b.next = number
		b.late.restart()
		b.sink.Restart()
	case sequence.Ahead, sequence.Late:
	}
	b.measure(packet, verdict, at)
	switch {
	case number < b.next:
		b.lateCount.Add(1)
	case number == b.next && b.isDue(packet, at):
		b.play(packet)
	default:
		b.hold(number, packet, at)
	}
	b.Advance(at)
}

// measure takes notice of when a packet came. One without sound has no time of its own.
func (b *Buffer) measure(packet *rtp.Packet, verdict sequence.Verdict, at time.Duration) {
	if verdict == sequence.Late {
		b.unfilled = 0
	}
	if len(packet.Payload) == 0 {
		return
	}
	if verdict == sequence.Ahead {
		ahead := time.Duration(int32(packet.Timestamp - b.stamp))
		if ahead*time.Second/time.Duration(b.late.clockRate) > silence {
			b.late.pause()
		}
		b.stamp = packet.Timestamp
	}
	if b.late.take(packet.Timestamp, at) && verdict == sequence.Ahead {
		b.Flush() // what is held belongs to the time line before
	}
	b.delay.Store(int64(b.late.delay))
}

// Expected gives when a packet with a timestamp would come, or would have come, if it were as fast as the fastest.
func (b *Buffer) Expected(timestamp uint32) time.Duration {
	return b.late.moment(timestamp) + b.late.base()
}

// isDue tells whether a packet that is next in order may go out.
func (b *Buffer) isDue(packet *rtp.Packet, at time.Duration) bool {
	return b.late.delay == 0 || len(packet.Payload) == 0 || b.late.due(packet.Timestamp) <= at
}

// Advance lets out what is due at a moment, and declares lost what is not waited for any longer.
func (b *Buffer) Advance(at time.Duration) {
	for b.holding > 0 {
		number := b.first()
		if b.dueAt(number) > at {
			return
		}
		b.letOut(number)
	}
}

// Due gives when Advance will have something to do, and reports false if nothing is held.
func (b *Buffer) Due() (at time.Duration, ok bool) {
	if b.holding == 0 {
		return 0, false
	}
	return b.dueAt(b.first()), true
}

// dueAt gives when the first packet that is held may go out, and what is missing before it is lost.
func (b *Buffer) dueAt(number int64) time.Duration {
	head := &b.held[number%size]
	switch {
	case b.late.delay > 0 && len(head.payload) > 0:
		return b.late.due(head.timestamp)
	case number == b.next || b.unfilled >= hopeless:
		return head.came
	default:
		return head.came + b.wait
	}
}

// Flush lets everything out that is held.
func (b *Buffer) Flush() {
	for b.holding > 0 {
		b.letOut(b.first())
	}
}

// Reset lets everything out that is held and forgets the stream; the next packet begins another.
func (b *Buffer) Reset() {
	b.Flush()
	b.started = false
}

func (b *Buffer) play(packet *rtp.Packet) {
	b.next++
	b.sink.Play(packet)
}

// hold keeps a packet. Where it is too far ahead, what is held before it goes out.
func (b *Buffer) hold(number int64, packet *rtp.Packet, at time.Duration) {
	for b.holding > 0 && number-b.next >= size {
		b.letOut(b.first())
	}
	if number-b.next >= size {
		b.lose(number, packet)
	}
	s := &b.held[number%size]
	*s = slot{
		used: true, marker: packet.Marker, payloadType: packet.PayloadType, number: packet.SequenceNumber,
		timestamp: packet.Timestamp, came: at, payload: append(s.payload[:0], packet.Payload...),
	}
	b.holding++
}

// first gives the number of the first packet that is held.
func (b *Buffer) first() int64 {
	n := b.next
	for !b.held[n%size].used {
		n++
	}
	return n
}

// letOut lets out the first packet that is held; what is missing before it is lost.
func (b *Buffer) letOut(number int64) {
	s := &b.held[number%size]
	s.used = false
	b.holding--
	b.out.Header = rtp.Header{
		Version: 2, Marker: s.marker, PayloadType: s.payloadType,
		SequenceNumber: s.number, Timestamp: s.timestamp, SSRC: b.ssrc,
	}
	b.out.Payload = s.payload
	b.lose(number, &b.out)
	b.play(&b.out)
}

// lose declares lost what is missing before a packet that goes out.
func (b *Buffer) lose(number int64, next *rtp.Packet) {
	if count := number - b.next; count > 0 {
		b.lost.Add(uint64(count))
		b.unfilled++
		b.sink.Lose(int(count), next)
	}
	b.next = number
}
