package xflv

import (
	"encoding/binary"

	"sipbridge/signaling/rtmp/chunk"
)

// Joiner puts messages together. It takes payloads in order and belongs to one goroutine.
type Joiner struct {
	number  uint32
	next    uint16 // the piece that should come
	total   int    // 0 while nothing is put together
	message []byte
}

// Join takes a payload and gives the message if it is complete with it; its payload is valid until the next call. A
// message of which a piece is missing is forgotten.
func (j *Joiner) Join(payload []byte) (message chunk.Message, complete bool) {
	if len(payload) < pieceHeader || string(payload[:len(magic)]) != magic {
		j.total = 0
		return chunk.Message{}, false
	}
	number := binary.BigEndian.Uint32(payload[len(magic):])
	piece := binary.BigEndian.Uint16(payload[len(magic)+4:])
	rest := payload[pieceHeader:]
	if piece == 0 {
		rest = j.begin(number, rest)
	}
	if j.total == 0 || number != j.number || piece != j.next || len(j.message)+len(rest) > j.total {
		j.total = 0
		return chunk.Message{}, false
	}
	j.next++
	j.message = append(j.message, rest...)
	if len(j.message) < j.total {
		return chunk.Message{}, false
	}
	j.total = 0
	return read(j.message)
}

// begin begins a message with its first piece, and gives what is in it.
func (j *Joiner) begin(number uint32, piece []byte) []byte {
	j.total = 0
	if len(piece) < totalSize {
		return nil
	}
	if total := int(int16(binary.BigEndian.Uint16(piece))); total >= messageHead {
		j.number, j.next, j.total, j.message = number, 0, total, j.message[:0]
	}
	return piece[totalSize:]
}

func read(whole []byte) (message chunk.Message, ok bool) {
	messageType, size := binary.BigEndian.Uint32(whole), binary.BigEndian.Uint32(whole[4:])
	body := whole[messageHead:]
	if !carries(messageType) || uint64(size) != uint64(len(body)) {
		return chunk.Message{}, false
	}
	return chunk.Message{
		Type: uint8(messageType), Timestamp: binary.BigEndian.Uint32(whole[8:]), Payload: body,
	}, true
}
