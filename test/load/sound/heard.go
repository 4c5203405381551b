package sound

import (
	"math"
	"sync/atomic"
	"time"
)

// Heard is a way whose delay is heard: from the sending of the packet in which a beep begins to the arrival of the
// first packet in which it is heard. What a codec needs to look ahead (6.5 ms for Opus) moves the beep within its
// packet and is not counted; a packet's time or more of buffering is. Delays of a second or more are taken for less.
type Heard struct {
	packets [][]byte
	next    int
	epoch   time.Time
	// beeped is when the last packet was sent in which a beep begins, in nanoseconds after epoch; 0 before the first. The
	// sender writes it and the receiver reads it.
	beeped atomic.Int64

	decode  func(packet []byte, samples []int16) (int, error)
	samples []int16
	quiet   int // packets since a beep was heard
}

// A beep counts from beepShare of its full power at its frequency, so from about a fifth of a packet; and only after
// quietPackets without one.
const (
	beepShare    = 0.03
	quietPackets = 10
)

// longestPacket is in samples of 120 ms, the longest that Opus has (RFC 6716 section 2.1.4).
const longestPacket = 120 * g711Rate / 1000

// NewHeard makes a way that plays the packets of a Loop, or those that Play gives it, and listens with a decoder of the
// codec that the receiver gets.
func NewHeard(packets [][]byte, receiver Codec) (*Heard, error) {
	decode, err := receiver.decoder()
	if err != nil {
		return nil, err
	}
	return &Heard{
		packets: packets, epoch: time.Now(),
		decode: decode, samples: make([]int16, longestPacket), quiet: quietPackets,
	}, nil
}

// Play has other packets played. It is called before the first Next.
func (h *Heard) Play(packets [][]byte) { h.packets = packets }

// Next gives the next packet of the loop.
func (h *Heard) Next() []byte {
	packet := h.next % len(h.packets)
	h.next++
	if beepStarts(packet) {
		h.beeped.Store(int64(time.Since(h.epoch)))
	}
	return h.packets[packet]
}

// Arrived listens to the payload.
func (h *Heard) Arrived(payload []byte, at time.Time) (time.Duration, bool) {
	n, err := h.decode(payload, h.samples)
	if err != nil || n == 0 {
		return 0, false
	}
	if !hasBeep(h.samples[:n]) {
		h.quiet++
		return 0, false
	}
	begins := h.quiet >= quietPackets
	h.quiet = 0
	beeped := time.Duration(h.beeped.Load())
	if !begins || beeped == 0 {
		return 0, false
	}
	return at.Sub(h.epoch) - beeped, true
}

// hasBeep uses Goertzel's measure of the power at the beep's frequency.
func hasBeep(samples []int16) bool {
	coefficient := 2 * math.Cos(2*math.Pi*beepHertz/g711Rate)
	var last, before float64
	for _, sample := range samples {
		last, before = float64(sample)+coefficient*last-before, last
	}
	n := float64(len(samples))
	power := (last*last + before*before - coefficient*last*before) * 2 / (n * n)
	const full = beepAmplitude * beepAmplitude / 2
	return power > beepShare*full
}
