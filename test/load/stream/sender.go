// Package stream sends the packets of one direction of a call at their pace, and measures what of another direction
// arrives.
package stream

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"sipbridge/test/load/sound"
)

// Sender sends one stream of RTP (RFC 3550).
type Sender struct {
	// Codec gives payload type and clock.
	Codec sound.Codec
	// Way gives the payloads.
	Way sound.Way
	// Write sends a packet, which is valid until Write returns.
	Write func(*rtp.Packet) error

	sent, failed atomic.Uint64
}

// Run sends until done is closed. It begins at a random moment within a packet's time, so that the streams of calls
// that were placed at a steady rate do not all send at once. A late packet is sent at once and does not delay the next.
func (s *Sender) Run(done <-chan struct{}) {
	packet := &rtp.Packet{Header: rtp.Header{
		Version: 2, Marker: true, PayloadType: s.Codec.PayloadType(), SSRC: rand.Uint32(),
		SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(),
	}}
	due := time.Now().Add(rand.N(sound.PacketTime))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	for {
		select {
		case <-done:
			return
		case <-timer.C:
		}
		packet.Payload = s.Way.Next()
		if s.Write(packet) != nil {
			s.failed.Add(1)
		} else {
			s.sent.Add(1)
		}
		packet.Marker = false
		packet.SequenceNumber++
		packet.Timestamp += s.Codec.Step()
		due = due.Add(sound.PacketTime)
		timer.Reset(time.Until(due))
	}
}

// Sent counts the packets that were sent.
func (s *Sender) Sent() uint64 { return s.sent.Load() }

// Failed counts the packets that could not be sent.
func (s *Sender) Failed() uint64 { return s.failed.Load() }
