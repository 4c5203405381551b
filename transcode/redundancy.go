package transcode

import (
	"sync/atomic"

	"sipbridge/transcode/red"
)

// From these losses in percent on each packet repeats the one before it, or two. Below the first one in-band error
// correction does as well and costs no bits, above the second one two in a row are lost too often.
const (
	oneCopy   = 3
	twoCopies = 10
)

// redundancy is how a Sender repeats payloads (RFC 2198). The zero value does not.
type redundancy struct {
	// types has the payload type of the redundant format in its low byte, and in the next that of the format which is
	// repeated; 0 while none was agreed. Any goroutine may set it.
	types atomic.Uint32
	// packer is guarded by the Sender's writing.
	packer red.Sender
}

func (r *redundancy) agreed() bool { return r.types.Load() != 0 }

// wantedCopies gives how many payloads before it a packet repeats at a loss in percent.
func wantedCopies(loss int) int {
	switch {
	case loss >= twoCopies:
		return 2
	case loss >= oneCopy:
		return 1
	default:
		return 0
	}
}

// SetRedundancy says that the party takes payloads of RFC 2198 of one payload type, with those of another one in them.
// While it reports losses, packets of that go to it with copies of those before. 0 for payloadType undoes it.
func (s *Sender) SetRedundancy(payloadType, repeated uint8) {
	if payloadType == 0 {
		s.redundancy.types.Store(0)
		return
	}
	s.redundancy.types.Store(uint32(payloadType&0x7f) | uint32(repeated&0x7f)<<8)
}

// repeat gives the payload to send with the header that was stamped: with copies of those before it, if they are
// wanted. The caller holds writing.
func (s *Sender) repeat(payload []byte) []byte {
	types := s.redundancy.types.Load()
	copies := wantedCopies(s.loss.percent())
	if types == 0 || copies == 0 || uint32(s.header.PayloadType) != types>>8 {
		return payload
	}
	header := &s.header
	packed := s.redundancy.packer.Pack(header.PayloadType, header.SequenceNumber, header.Timestamp, payload, copies)
	header.PayloadType = uint8(types)
	s.mu.Lock()
	s.counts.Octets += uint64(len(packed) - len(payload))
	s.mu.Unlock()
	return packed
}
