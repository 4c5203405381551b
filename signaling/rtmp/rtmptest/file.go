package rtmptest

import (
	"encoding/binary"

	"sipbridge/signaling/rtmp/chunk"
)

// File makes an FLV file of messages, for programs to decode (FLV specification, section E.2). Its time begins with the
// first of them.
func File(messages []chunk.Message) []byte {
	const tagHeader = 11
	file := []byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")
	for _, message := range messages {
		size, at := uint32(len(message.Payload)), message.Timestamp-messages[0].Timestamp
		file = binary.BigEndian.AppendUint32(file, uint32(message.Type)<<24|size)
		file = append(file, byte(at>>16), byte(at>>8), byte(at), byte(at>>24), 0, 0, 0)
		file = append(file, message.Payload...)
		file = binary.BigEndian.AppendUint32(file, size+tagHeader)
	}
	return file
}
