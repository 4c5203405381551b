package h264

import (
	"encoding/binary"

	"github.com/pion/rtp"

	"sipbridge/transcode/h264/payload"
)

// fragmentEnds marks the last fragment of a unit (RFC 6184 section 5.8).
const fragmentEnds = 0x40

// remembered is how many packets back a late one still finds its place.
const remembered = 512

// Splitter cuts packets that are too large for a path into smaller ones (RFC 6184 section 5.8), for a receiver of
// packetization-mode 1. The packets after them move on by as many numbers. It belongs to one goroutine.
type Splitter struct {
	most int

	started bool
	ssrc    uint32
	newest  uint16 // number of the source
	next    uint16 // number that follows the newest packet
	placed  [remembered]placed

	packetizer payload.Packetizer
	parts      [][]byte
	packet     rtp.Packet
}

// placed is where a packet of the source went.
type placed struct {
	used         bool
	source, sent uint16
}

// NewSplitter makes one that leaves payloads of up to this many bytes as they are.
func NewSplitter(most int) *Splitter {
	return &Splitter{most: most, packetizer: payload.Packetizer{MaxSize: most}}
}

// Write gives send the packet, or what it was cut into; what it gives is valid until send returns. A packet that was
// already given, or comes late and would have to be cut, is dropped.
func (s *Splitter) Write(packet *rtp.Packet, send func(*rtp.Packet) error) error {
	s.parts = s.parts[:0]
	if len(packet.Payload) > s.most {
		s.cut(packet.Payload)
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

// cut makes parts of a payload; none if it cannot be cut.
func (s *Splitter) cut(content []byte) {
	switch kind := payload.TypeOf(content); {
	case kind == fragmentation:
		s.cutFragment(content)
	case kind == aggregation:
		s.packetizer.Packetize(unitsOf(content[1:]), s.keep)
	case kind > 0 && kind < aggregation:
		s.packetizer.Packetize([][]byte{content}, s.keep)
	}
}

func (s *Splitter) keep(part []byte, _ bool) { s.parts = append(s.parts, append([]byte(nil), part...)) }

// cutFragment makes smaller fragments of one.
func (s *Splitter) cutFragment(content []byte) {
	const header = 2
	if len(content) <= header {
		return
	}
	begins, ends := content[1]&fragmentBegins, content[1]&fragmentEnds
	kind, rest := content[1]&typeBits, content[header:]
	for len(rest) > 0 {
		size := min(len(rest), s.most-header)
		flags := begins
		if begins = 0; size == len(rest) {
			flags |= ends
		}
		s.keep(append([]byte{content[0], kind | flags}, rest[:size]...), false)
		rest = rest[size:]
	}
}

// unitsOf gives the units of an aggregate, as far as it can be read.
func unitsOf(content []byte) [][]byte {
	var units [][]byte
	for len(content) > 2 {
		size := int(binary.BigEndian.Uint16(content))
		content = content[2:]
		if size == 0 || size > len(content) {
			break
		}
		units = append(units, content[:size])
		content = content[size:]
	}
	return units
}

// place gives the number of a packet that takes so many numbers.
func (s *Splitter) place(packet *rtp.Packet, count int) (uint16, bool) {
	source := packet.SequenceNumber
	if !s.started || packet.SSRC != s.ssrc {
		*s = Splitter{
			most: s.most, started: true, ssrc: packet.SSRC, newest: source - 1, next: source,
			packetizer: s.packetizer, parts: s.parts,
		}
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
