package red

import "errors"

const (
	// maxBlocks is how many blocks a payload may have: more copies than that help nobody.
	maxBlocks = 9
	// maxOffset and maxLength are what the fields of a header can hold (RFC 2198 section 3).
	maxOffset = 1<<14 - 1
	maxLength = 1<<10 - 1
	// copyHeader and lastHeader are the sizes of the headers of a copy, and of the last block.
	copyHeader, lastHeader = 4, 1

	more = 0x80 // another header follows
)

// ErrMalformed says that a payload breaks the rules of RFC 2198 section 3.
var ErrMalformed = errors.New("red: malformed payload")

// block is one of the payloads in a payload.
type block struct {
	payloadType uint8
	// offset is how much earlier than the packet it belongs, in units of the timestamp.
	offset uint32
	length int
	data   []byte
}

// split takes a payload apart, the oldest block first; the last one is the packet's own.
func split(payload []byte, into *[maxBlocks]block) ([]block, error) {
	blocks, rest, err := headers(payload, into[:0])
	if err != nil {
		return nil, err
	}
	for i := range blocks {
		copied := &blocks[i]
		if i == len(blocks)-1 {
			copied.length = len(rest)
		}
		if copied.length > len(rest) {
			return nil, ErrMalformed
		}
		copied.data, rest = rest[:copied.length:copied.length], rest[copied.length:]
	}
	return blocks, nil
}

// headers reads the headers of all blocks and gives what follows them.
func headers(payload []byte, blocks []block) ([]block, []byte, error) {
	for {
		switch {
		case len(payload) == 0, len(blocks) == maxBlocks:
			return nil, nil, ErrMalformed
		case payload[0]&more == 0:
			return append(blocks, block{payloadType: payload[0]}), payload[lastHeader:], nil
		case len(payload) < copyHeader:
			return nil, nil, ErrMalformed
		}
		blocks = append(blocks, block{
			payloadType: payload[0] &^ more,
			offset:      uint32(payload[1])<<6 | uint32(payload[2])>>2,
			length:      int(payload[2]&3)<<8 | int(payload[3]),
		})
		payload = payload[copyHeader:]
	}
}

// appendHeader appends the header of a copy.
func appendHeader(payload []byte, copied block) []byte {
	return append(payload, more|copied.payloadType,
		byte(copied.offset>>6), byte(copied.offset<<2)|byte(copied.length>>8), byte(copied.length))
}
