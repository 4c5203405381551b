package h264

import (
	"encoding/binary"

	"sipbridge/transcode/h264/payload"
)

// fragmentEnds marks the last fragment of a unit (RFC 6184 section 5.8).
const fragmentEnds = 0x40

// Reader reads payloads of H.264: whether decoding can begin with one, and how one that is too large for a path is cut
// for a receiver of packetization-mode 1 (RFC 6184 section 5.8). The zero value is ready; it belongs to one goroutine.
type Reader struct {
	packetizer payload.Packetizer
	part       []byte
}

// Begins tells whether a payload has what a picture begins with from which decoding can begin: a slice of an IDR
// picture, or the sequence parameter set that stands before one, which is all by which some phones show it.
func (*Reader) Begins(content []byte) bool {
	begins, has := look(content)
	return begins || has
}

// Cut gives keep the parts of a payload, each no larger than most bytes and valid until keep returns; none if it
// cannot be cut.
func (r *Reader) Cut(content []byte, most int, keep func(part []byte)) {
	r.packetizer.MaxSize = most
	whole := func(part []byte, _ bool) { keep(part) }
	switch kind := payload.TypeOf(content); {
	case kind == fragmentation:
		r.cutFragment(content, most, keep)
	case kind == aggregation:
		r.packetizer.Packetize(unitsOf(content[1:]), whole)
	case kind > 0 && kind < aggregation:
		r.packetizer.Packetize([][]byte{content}, whole)
	}
}

// cutFragment makes smaller fragments of one.
func (r *Reader) cutFragment(content []byte, most int, keep func(part []byte)) {
	const header = 2
	if len(content) <= header || most <= header {
		return
	}
	begins, ends := content[1]&fragmentBegins, content[1]&fragmentEnds
	kind, rest := content[1]&typeBits, content[header:]
	for len(rest) > 0 {
		size := min(len(rest), most-header)
		flags := begins
		if begins = 0; size == len(rest) {
			flags |= ends
		}
		r.part = append(append(r.part[:0], content[0], kind|flags), rest[:size]...)
		keep(r.part)
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
