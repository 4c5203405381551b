package jitter

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/sequence"
)

// DefaultWait is how much sound is held behind a hole: three packets of 20 ms.
const DefaultWait = 40 * time.Millisecond

// size is the largest number of places between the hole and the newest held packet.
const size = 16

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
	// Wait is how much sound, by timestamps, is held behind a hole; 0 means DefaultWait.
	Wait time.Duration
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
}

// Buffer holds the packets of one stream behind a hole. Push and Flush belong to one goroutine; Stats may
// be called by any.
type Buffer struct {
	sink Sink

	// All below is owned by the pushing goroutine.
	wait    uint32 // in timestamp units
	ssrc    uint32
	started bool
	window  sequence.Window
	next    int64 // the number that goes out next
	newest  uint32
	held    [size]slot // at number modulo size
	holding int

	lost, late, duplicates, strays atomic.Uint64
}

type slot struct {
	used   bool
	packet rtp.Packet
}

// NewBuffer makes a Buffer that puts out to sink.
func NewBuffer(sink Sink, options Options) *Buffer {
	wait := options.Wait
	if wait == 0 {
		wait = DefaultWait
	}
	return &Buffer{sink: sink, wait: uint32(int64(wait) * int64(options.ClockRate) / int64(time.Second))}
}

// Stats gives a snapshot.
func (b *Buffer) Stats() Stats {
	return Stats{
		Lost: b.lost.Load(), Late: b.late.Load(),
		Duplicates: b.duplicates.Load(), Strays: b.strays.Load(),
	}
}

// Push takes a packet as it arrived. It copies what it must hold.
func (b *Buffer) Push(packet *rtp.Packet) {
	if !b.started || packet.SSRC != b.ssrc {
		b.Flush()
		b.window = sequence.Window{}
		b.started, b.ssrc = true, packet.SSRC
	}
	number, verdict := b.window.Place(packet.SequenceNumber)
	switch {
	case verdict == sequence.Stray:
		b.strays.Add(1)
	case verdict == sequence.Duplicate:
		b.duplicates.Add(1)
	case verdict == sequence.First:
		b.Flush()
		b.next = number
		b.sink.Restart()
		b.play(packet)
	case number < b.next:
		b.late.Add(1)
	case number == b.next:
		b.play(packet)
		b.release()
	default:
		b.hold(number, packet)
	}
}

// Flush lets everything out that is held.
func (b *Buffer) Flush() {
	for b.holding > 0 {
		b.giveUp()
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

// hold keeps a packet that has a hole before it, and lets go of the hole when it has lasted too long.
func (b *Buffer) hold(number int64, packet *rtp.Packet) {
	for b.holding > 0 && number-b.next >= size {
		b.giveUp()
	}
	if number == b.next || number-b.next >= size {
		b.lose(number, packet)
		b.play(packet)
		b.release()
		return
	}
	if b.holding == 0 || int32(packet.Timestamp-b.newest) > 0 {
		b.newest = packet.Timestamp
	}
	b.keep(number, packet)
	for b.holding > 0 && b.newest-b.oldest() >= b.wait {
		b.giveUp()
	}
}

func (b *Buffer) keep(number int64, packet *rtp.Packet) {
	s := &b.held[number%size]
	s.packet.Header = rtp.Header{
		Version: packet.Version, Marker: packet.Marker, PayloadType: packet.PayloadType,
		SequenceNumber: packet.SequenceNumber, Timestamp: packet.Timestamp, SSRC: packet.SSRC,
	}
	s.packet.Payload = append(s.packet.Payload[:0], packet.Payload...)
	s.used = true
	b.holding++
}

// oldest gives the timestamp of the packet behind the hole.
func (b *Buffer) oldest() uint32 {
	n := b.next
	for !b.held[n%size].used {
		n++
	}
	return b.held[n%size].packet.Timestamp
}

// giveUp declares the hole lost and lets out what follows it, up to the next hole.
func (b *Buffer) giveUp() {
	n := b.next
	for !b.held[n%size].used {
		n++
	}
	b.lose(n, &b.held[n%size].packet)
	b.release()
}

func (b *Buffer) lose(number int64, next *rtp.Packet) {
	if count := number - b.next; count > 0 {
		b.lost.Add(uint64(count))
		b.sink.Lose(int(count), next)
	}
	b.next = number
}

// release lets out the held packets that are in order now.
func (b *Buffer) release() {
	for b.holding > 0 {
		s := &b.held[b.next%size]
		if !s.used {
			return
		}
		s.used = false
		b.holding--
		b.play(&s.packet)
	}
}
