package rtmp

import (
	"math/rand/v2"

	"github.com/pion/rtp"

	"sipbridge/transcode"
)

const (
	// wander is how far, in milliseconds, the time of a message may be off the sound before it counts:
	// microphones deliver late and early.
	wander = 100
	// companded is how many samples, of one byte each, a packet of G.711 has: 20 ms.
	companded = 160
	// maxSound is the largest packet, in bytes.
	maxSound = 1200
	// maxMessageSound is the longest sound of one message, in bytes: a second of G.711.
	maxMessageSound = 8000
)

// packetizer makes RTP packets of the audio messages of one stream. Their timestamps follow the length of the
// sound, and jump when the time of the messages does. It belongs to one goroutine.
type packetizer struct {
	codec   transcode.Codec
	started bool
	marker  bool
	packet  rtp.Packet
	// next is the RTP timestamp that the next message should have.
	next uint32
	// held is sound of G.711 that is no whole packet yet.
	held []byte
}

func newPacketizer() packetizer { return packetizer{held: make([]byte, 0, companded)} }

// put takes the sound of a message, whose time is in milliseconds, and calls send with each packet.
func (p *packetizer) put(format transcode.Format, sound []byte, timestamp uint32, send func(*rtp.Packet)) {
	if !p.codec.Equal(format.Codec) {
		p.codec, p.started = format.Codec, false
		p.packet.Header = rtp.Header{Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32())}
		p.held = p.held[:0]
	}
	p.packet.PayloadType = format.PayloadType
	is := uint32(uint64(timestamp) * uint64(format.ClockRate) / 1000)
	off := int64(int32(is - p.next))
	if limit := int64(wander) * int64(format.ClockRate) / 1000; !p.started || off > limit || off < -limit {
		p.started, p.marker, p.next = true, true, is
		p.held = p.held[:0] // a few milliseconds before a silence
	}
	if format.ClockRate == 8000 {
		p.cut(sound, send)
		return
	}
	if len(sound) <= maxSound {
		p.send(sound, p.next, send)
	}
	p.next += uint32(speexFrames(sound)) * speexFrame
}

// cut makes packets of G.711, in which each byte is a sample. Some clients send much at once.
func (p *packetizer) cut(sound []byte, send func(*rtp.Packet)) {
	for len(sound) > 0 {
		part := min(companded-len(p.held), len(sound))
		p.held = append(p.held, sound[:part]...)
		sound = sound[part:]
		p.next += uint32(part)
		if len(p.held) == companded {
			p.send(p.held, p.next-companded, send)
			p.held = p.held[:0]
		}
	}
}

func (p *packetizer) send(payload []byte, timestamp uint32, send func(*rtp.Packet)) {
	p.packet.SequenceNumber++
	p.packet.Timestamp, p.packet.Marker, p.packet.Payload = timestamp, p.marker, payload
	p.marker = false
	send(&p.packet)
}
