package xflv

import (
	"encoding/binary"

	"sipbridge/signaling/rtmp/chunk"
)

// Splitter cuts messages. It belongs to one goroutine.
type Splitter struct {
	number  uint32 // of the next message
	message []byte
	payload []byte
}

// Split gives the payloads of a message to send, each valid until it returns, or reports false for one that has no
// form.
func (s *Splitter) Split(message chunk.Message, send func(payload []byte)) bool {
	if len(message.Payload) > MaxMessage || !carries(uint32(message.Type)) {
		return false
	}
	number := s.number
	s.number++
	s.message = binary.BigEndian.AppendUint32(s.message[:0], uint32(message.Type))
	s.message = binary.BigEndian.AppendUint32(s.message, uint32(len(message.Payload)))
	s.message = binary.BigEndian.AppendUint32(s.message, message.Timestamp)
	s.message = append(s.message, message.Payload...)
	rest := s.message
	for piece := uint16(0); len(rest) > 0; piece++ {
		s.payload = append(s.payload[:0], magic...)
		s.payload = binary.BigEndian.AppendUint32(s.payload, number)
		s.payload = binary.BigEndian.AppendUint16(s.payload, piece)
		if piece == 0 {
			s.payload = binary.BigEndian.AppendUint16(s.payload, uint16(len(s.message)))
		}
		size := min(len(rest), maxPiece)
		s.payload = append(s.payload, rest[:size]...)
		rest = rest[size:]
		send(s.payload)
	}
	return true
}
