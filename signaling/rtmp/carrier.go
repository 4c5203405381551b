package rtmp

import (
	"math/rand/v2"
	"slices"

	"github.com/pion/rtp"

	"sipbridge/signaling/rtmp/chunk"
	"sipbridge/signaling/rtmp/xflv"
	"sipbridge/transcode"
)

// carrier makes RTP packets of whole messages, for another Flash client (x-flv). It belongs to one goroutine.
type carrier struct {
	splitter xflv.Splitter
	packet   rtp.Packet
}

func newCarrier() carrier {
	header := rtp.Header{Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32())}
	return carrier{packet: rtp.Packet{Header: header}}
}

// send gives the packets of a message, or reports false for one that is too long.
func (c *carrier) send(format transcode.Format, message chunk.Message, to func(*rtp.Packet)) bool {
	const perMillisecond = 90
	c.packet.PayloadType, c.packet.Timestamp = format.PayloadType, message.Timestamp*perMillisecond
	return c.splitter.Split(message, func(payload []byte) {
		c.packet.SequenceNumber++
		c.packet.Payload = payload
		to(&c.packet)
	})
}

// carry gives a message to a call that carries them whole, and tells whether there is one.
func (c *conn) carry(message chunk.Message) bool {
	if c.publisher != nil {
		return false
	}
	speaking := c.speaking(message.StreamID)
	if speaking == nil || !speaking.media.carries() {
		return false
	}
	format, _ := speaking.media.pictures()
	if !speaking.media.carrier.send(format, message, speaking.media.see) {
		c.server.counts.videoDropped.Add(1)
	}
	return true
}

// carries tells whether messages cross whole.
func (m *media) carries() bool {
	format, agreed := m.pictures()
	return agreed && format.Equal(messages().Codec)
}

// pass gives the client the message that is complete with a packet, if one is.
func (s *screen) pass(packet *rtp.Packet) {
	message, complete := s.joiner.Join(packet.Payload)
	if !complete {
		return
	}
	c := s.media.conn
	stream := c.playing.Load()
	if s.players == nil {
		s.players = make(map[uint8]*player) // of two types
	}
	if s.players[message.Type] == nil {
		s.players[message.Type] = &player{}
	}
	const milliseconds = 1000
	timestamp, inOrder := s.players[message.Type].at(message.Timestamp, milliseconds, c.clock())
	if stream == 0 || !inOrder || s.media.unheard.Load() || c.late() {
		c.server.counts.videoDropped.Add(1)
		return
	}
	c.server.counts.videoOut.Add(1)
	c.put(outgoing{chunkStream: commandStream + stream, message: chunk.Message{
		Type: message.Type, StreamID: stream, Timestamp: timestamp, Payload: slices.Clone(message.Payload),
	}})
}
