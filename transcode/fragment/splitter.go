// Package fragment sends packets of pictures that are larger than a path in several smaller ones. How a payload is cut
// is the matter of its codec, a Cutter; a Splitter counts the packets anew, so that each has its number and late ones
// find their place.
package fragment

import (
	"slices"

	"github.com/pion/rtp"
)

// Cutter knows how payloads of a codec are cut.
type Cutter interface {
	// Cut gives keep the parts of a payload that is larger than most bytes, in order and none of them larger; none if it
	// cannot be cut. A part is valid until keep returns.
	Cut(content []byte, most int, keep func(part []byte))
}

const (
	// remembered is how many packets back a late one still finds its place.
	remembered = 512
	// mostParts is how many packets one may become: a sender could else have us send hundreds for each of its own, by
	// units of one byte.
	mostParts = 16
)

// Splitter cuts packets that are too large for a path into smaller ones. The packets after them move on by as many
// numbers. It belongs to one goroutine.
type Splitter struct {
	most   int
	cutter Cutter
	keep   func(part []byte) // keeps a part in parts

	started bool
	ssrc    uint32
	newest  uint16 // number of the source
	next    uint16 // number that follows the newest packet
	placed  [remembered]placed

	parts  [][]byte // their memory is used again
	packet rtp.Packet
}

// placed is where a packet of the source went.
type placed struct {
	used         bool
	source, sent uint16
}

// NewSplitter makes one that leaves payloads of up to this many bytes as they are.
func NewSplitter(most int, cutter Cutter) *Splitter {
	s := &Splitter{most: most, cutter: cutter}
	s.keep = func(part []byte) {
		if len(s.parts) > mostParts { // one too many already
			return
		}
		s.parts = slices.Grow(s.parts, 1)[:len(s.parts)+1]
		last := &s.parts[len(s.parts)-1]
		*last = append((*last)[:0], part...)
	}
	return s
}

// Write gives send the packet, or what it was cut into; what it gives is valid until send returns. A packet that would
// become more than 16 is sent as it is. One that was already given, or comes late and would have to be cut, is dropped.
func (s *Splitter) Write(packet *rtp.Packet, send func(*rtp.Packet) error) error {
	s.parts = s.parts[:0]
	if len(packet.Payload) > s.most {
		s.cutter.Cut(packet.Payload, s.most, s.keep)
	}
	if len(s.parts) > mostParts {
		s.parts = s.parts[:0]
	}
	number, ok := s.place(packet, max(len(s.parts), 1))
	if !ok {
		return nil
	}
	s.packet = *packet
	s.packet.SequenceNumber = number
	if len(s.parts) == 0 {
		return send(&s.packet)
	}
	for i, part := range s.parts {
		last := i == len(s.parts)-1
		s.packet.Payload, s.packet.Marker = part, packet.Marker && last
		s.packet.Extension = packet.Extension && last
		if err := send(&s.packet); err != nil {
			return err
		}
		s.packet.SequenceNumber++
	}
	return nil
}

// place gives the number of a packet that takes so many numbers.
func (s *Splitter) place(packet *rtp.Packet, count int) (uint16, bool) {
	source := packet.SequenceNumber
	if !s.started || packet.SSRC != s.ssrc {
		s.started, s.ssrc, s.newest, s.next, s.placed = true, packet.SSRC, source-1, source, [remembered]placed{}
	}
	ahead := int16(source - s.newest)
	if ahead <= 0 {
		return s.placeLate(source, count)
	}
	sent := s.next + uint16(ahead-1)
	s.newest, s.next = source, sent+uint16(count)
	s.placed[source%remembered] = placed{used: true, source: source, sent: sent}
	return sent, true
}

// placeLate gives the one number that was left for a packet which is late.
func (s *Splitter) placeLate(source uint16, count int) (uint16, bool) {
	known := func(number uint16) (placed, bool) {
		at := s.placed[number%remembered]
		return at, at.used && at.source == number
	}
	if _, twice := known(source); twice || count > 1 || s.newest-source >= remembered {
		return 0, false
	}
	for later := source + 1; later != s.newest+1; later++ {
		if at, ok := known(later); ok {
			sent := at.sent - (later - source)
			s.placed[source%remembered] = placed{used: true, source: source, sent: sent}
			return sent, true
		}
	}
	return 0, false
}
