package chunk

import "encoding/binary"

// Sizes of what stands around the messages in an aggregate (section 7.1.6): a header like that of an FLV tag, and
// behind the message the size of both.
const (
	tagHeader  = 11
	tagTrailer = 4
)

// Parts calls each with the messages inside an aggregate, in order. Their timestamps are moved so that the first
// has that of the aggregate.
func Parts(aggregate Message, each func(Message)) error {
	rest := aggregate.Payload
	var offset uint32
	for first := true; len(rest) > 0; first = false {
		if len(rest) < tagHeader {
			return ErrFormat
		}
		size := int(rest[1])<<16 | int(rest[2])<<8 | int(rest[3])
		timestamp := uint32(rest[7])<<24 | binary.BigEndian.Uint32(rest[3:])&0xffffff
		if len(rest) < tagHeader+size {
			return ErrFormat
		}
		if first {
			offset = aggregate.Timestamp - timestamp
		}
		each(Message{
			Type: rest[0], StreamID: aggregate.StreamID, Timestamp: timestamp + offset,
			Payload: rest[tagHeader : tagHeader+size],
		})
		rest = rest[min(tagHeader+size+tagTrailer, len(rest)):]
	}
	return nil
}
