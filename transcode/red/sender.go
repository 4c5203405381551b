package red

const (
	// MaxCopies is how many payloads before a packet can be repeated in it.
	MaxCopies = 2
	// maxSize is the largest payload that is made, in bytes: it shall cross every path in one piece.
	maxSize = 1200
)

// Sender adds copies of the payloads before to payloads of one stream. It is not safe for concurrent use.
type Sender struct {
	past [MaxCopies]sent // newest first
	made []byte
}

// sent is a payload that was sent.
type sent struct {
	used        bool
	payloadType uint8
	number      uint16
	timestamp   uint32
	data        []byte
}

// Pack gives the payload of RFC 2198 for a packet: with copies of as many payloads as are wanted, and fit, of those
// that were packed with the sequence numbers just before. It is valid until the next call.
func (s *Sender) Pack(payloadType uint8, number uint16, timestamp uint32, payload []byte, copies int) []byte {
	usable := s.usable(number, timestamp, min(copies, MaxCopies), len(payload))
	made := s.made[:0]
	for i := usable - 1; i >= 0; i-- {
		past := &s.past[i]
		made = appendHeader(made, block{
			payloadType: past.payloadType, offset: timestamp - past.timestamp, length: len(past.data),
		})
	}
	made = append(made, payloadType&^more)
	for i := usable - 1; i >= 0; i-- {
		made = append(made, s.past[i].data...)
	}
	made = append(made, payload...)
	s.made = made
	s.remember(payloadType, number, timestamp, payload)
	return made
}

// usable tells how many of the past payloads can go with a packet.
func (s *Sender) usable(number uint16, timestamp uint32, copies, size int) int {
	size += lastHeader
	for i := range copies {
		past := &s.past[i]
		size += copyHeader + len(past.data)
		offset := timestamp - past.timestamp
		if !past.used || past.number != number-uint16(i)-1 || offset == 0 || offset > maxOffset ||
			len(past.data) > maxLength || size > maxSize {
			return i
		}
	}
	return copies
}

// remember keeps a payload, if it is no older than what is kept: a packet that came late is nobody's predecessor.
func (s *Sender) remember(payloadType uint8, number uint16, timestamp uint32, payload []byte) {
	newest := s.past[0]
	if newest.used && int16(number-newest.number) <= 0 && int16(number-newest.number) > -MaxCopies*8 {
		return
	}
	oldest := s.past[MaxCopies-1]
	copy(s.past[1:], s.past[:MaxCopies-1])
	s.past[0] = sent{
		used: true, payloadType: payloadType & 0x7f, number: number, timestamp: timestamp,
		data: append(oldest.data[:0], payload...),
	}
}
