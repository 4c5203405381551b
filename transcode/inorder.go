package transcode

import (
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/sequence"
)

const (
	// orderPlaces is how many packets of pictures are held behind a missing one, orderWait how long: it may be sent again.
	orderPlaces = 128
	orderWait   = 100 * time.Millisecond
)

// inOrder puts the packets of pictures in order. It waits for nothing by itself: what is held goes on when another
// packet comes. The zero value is ready. It is not safe for concurrent use.
type inOrder struct {
	ssrc    uint32
	started bool
	window  sequence.Window
	next    int64
	held    [orderPlaces]heldPacket // at number modulo orderPlaces
	holding int
}

// heldPacket is one that waits for those before it; came is when it came. The zero value is none.
type heldPacket struct {
	packet *rtp.Packet
	came   time.Time
}

// orderly takes packets in order.
type orderly interface {
	// Restart tells that what follows has nothing to do with what was before.
	Restart()
	// Lose tells that packets are missing before the next one.
	Lose()
	// Play takes the next packet.
	Play(packet *rtp.Packet)
}

// put takes a packet as it came, and gives to what can go on. It copies what it holds.
func (o *inOrder) put(packet *rtp.Packet, now time.Time, to orderly) {
	if !o.started || packet.SSRC != o.ssrc {
		*o = inOrder{started: true, ssrc: packet.SSRC}
	}
	number, verdict := o.window.Place(packet.SequenceNumber)
	switch {
	case verdict == sequence.First:
		*o = inOrder{started: true, ssrc: o.ssrc, window: o.window, next: number}
		to.Restart()
	case verdict == sequence.Stray || verdict == sequence.Duplicate || number < o.next:
		return
	}
	if number != o.next {
		o.hold(packet, number, now, to)
		return
	}
	to.Play(packet)
	o.next++
	o.release(to)
}

// hold keeps a packet behind a hole, or gives the hole up.
func (o *inOrder) hold(packet *rtp.Packet, number int64, now time.Time, to orderly) {
	for number-o.next >= orderPlaces || o.waited(now) >= orderWait {
		if o.holding == 0 {
			to.Lose()
			o.next = number
			to.Play(packet)
			o.next++
			return
		}
		o.skip(to)
		if number == o.next {
			to.Play(packet)
			o.next++
			o.release(to)
			return
		}
	}
	o.held[number%orderPlaces] = heldPacket{packet.Clone(), now}
	o.holding++
}

// waited is how long the hole before what is held has been one: as long as the first packet behind it is here.
func (o *inOrder) waited(now time.Time) time.Duration {
	if o.holding == 0 {
		return 0
	}
	number := o.next
	for o.held[number%orderPlaces].packet == nil {
		number++
	}
	return now.Sub(o.held[number%orderPlaces].came)
}

// skip gives up the hole before what is held.
func (o *inOrder) skip(to orderly) {
	to.Lose()
	for o.held[o.next%orderPlaces].packet == nil {
		o.next++
	}
	o.release(to)
}

// release gives what is held, up to the next hole.
func (o *inOrder) release(to orderly) {
	for o.holding > 0 && o.held[o.next%orderPlaces].packet != nil {
		packet := o.held[o.next%orderPlaces].packet
		o.held[o.next%orderPlaces] = heldPacket{}
		o.holding--
		to.Play(packet)
		o.next++
	}
}
