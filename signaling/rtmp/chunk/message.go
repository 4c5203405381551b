package chunk

import (
	"encoding/binary"
	"errors"
)

// Types of messages (sections 5.4 and 7.1).
const (
	SetChunkSize    uint8 = 1
	Abort           uint8 = 2
	Acknowledgement uint8 = 3
	UserControl     uint8 = 4
	WindowAckSize   uint8 = 5
	PeerBandwidth   uint8 = 6
	Audio           uint8 = 8
	Video           uint8 = 9
	Data3           uint8 = 15
	Command3        uint8 = 17
	Data0           uint8 = 18
	Command0        uint8 = 20
	Aggregate       uint8 = 22
)

// Events of a UserControl message (section 7.1.7).
const (
	StreamBegin     uint16 = 0
	StreamEOF       uint16 = 1
	SetBufferLength uint16 = 3
	PingRequest     uint16 = 6
	PingResponse    uint16 = 7
)

// ControlStream is the chunk stream of messages about the connection itself.
const ControlStream = 2

// ErrFormat is the error of bytes that are no chunks, or no such message.
var ErrFormat = errors.New("chunk: not in the format of RTMP")

// Message is one RTMP message.
type Message struct {
	// Type says what it is.
	Type uint8
	// StreamID is the message stream; 0 is the connection.
	StreamID uint32
	// Timestamp is in milliseconds, from a start that the sender chose; it wraps.
	Timestamp uint32
	// Payload of a message that was read is valid until the next is read.
	Payload []byte
}

// Number makes a message whose payload is one number: SetChunkSize, Abort, Acknowledgement, WindowAckSize.
func Number(messageType uint8, number uint32) Message {
	return Message{Type: messageType, Payload: binary.BigEndian.AppendUint32(nil, number)}
}

// Number gives the number at the start of the payload.
func (m Message) Number() (uint32, error) {
	if len(m.Payload) < 4 {
		return 0, ErrFormat
	}
	return binary.BigEndian.Uint32(m.Payload), nil
}

// Event makes a UserControl message with its numbers.
func Event(event uint16, numbers ...uint32) Message {
	payload := binary.BigEndian.AppendUint16(nil, event)
	for _, number := range numbers {
		payload = binary.BigEndian.AppendUint32(payload, number)
	}
	return Message{Type: UserControl, Payload: payload}
}

// Event gives the event of a UserControl message and its first number. All events that are known have one.
func (m Message) Event() (event uint16, number uint32, err error) {
	if len(m.Payload) < 6 {
		return 0, 0, ErrFormat
	}
	return binary.BigEndian.Uint16(m.Payload), binary.BigEndian.Uint32(m.Payload[2:]), nil
}

// Bandwidth makes a PeerBandwidth message with the limit type dynamic.
func Bandwidth(size uint32) Message {
	const dynamic = 2
	return Message{Type: PeerBandwidth, Payload: append(binary.BigEndian.AppendUint32(nil, size), dynamic)}
}
