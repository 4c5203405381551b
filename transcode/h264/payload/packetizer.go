package payload

import "encoding/binary"

// DefaultMaxSize is the largest payload, in bytes: with the headers of RTP, SRTP, UDP and IPv6 it stays below the
// 1280 bytes that every network carries.
const DefaultMaxSize = 1180

// Packetizer cuts pictures into payloads. It belongs to one goroutine.
type Packetizer struct {
	// MaxSize is the largest payload in bytes. Default: DefaultMaxSize.
	MaxSize int

	payload []byte
}

// Packetize gives the payloads of a picture to send, each valid until it returns. last tells that the picture ends with
// it: the packet gets the marker (RFC 6184 section 5.1).
func (p *Packetizer) Packetize(units [][]byte, send func(payload []byte, last bool)) {
	size := p.MaxSize
	if size <= fragmentHeader {
		size = DefaultMaxSize
	}
	for len(units) > 0 {
		count := together(units, size)
		last := count == len(units)
		switch {
		case count > 1:
			send(p.aggregate(units[:count]), last)
		case len(units[0]) == 0: // nothing; but the picture may end here
		case len(units[0]) <= size:
			send(units[0], last)
		default:
			p.fragment(units[0], size, last, send)
		}
		units = units[count:]
	}
}

// together counts the units, one at least, that go into one payload: parameter sets and what is told with them.
func together(units [][]byte, size int) int {
	sum, count := 1, 0
	for _, unit := range units {
		kind := TypeOf(unit)
		sum += aggregatedLength + len(unit)
		if sum > size || kind != SequenceSet && kind != PictureSet {
			break
		}
		count++
	}
	return max(count, 1)
}

// aggregate makes a STAP-A (RFC 6184 section 5.7.1).
func (p *Packetizer) aggregate(units [][]byte) []byte {
	p.payload = append(p.payload[:0], aggregationA)
	for _, unit := range units {
		p.payload[0] |= unit[0] & referenceMask // the highest reference of all; those of parameter sets are alike
		p.payload = binary.BigEndian.AppendUint16(p.payload, uint16(len(unit)))
		p.payload = append(p.payload, unit...)
	}
	return p.payload
}

// fragment cuts a unit into FU-A (RFC 6184 section 5.8).
func (p *Packetizer) fragment(unit []byte, size int, last bool, send func([]byte, bool)) {
	indicator, header := unit[0]&^typeMask|fragmentationA, unit[0]&typeMask|fragmentBegins
	rest := unit[1:]
	for len(rest) > 0 {
		part := rest[:min(len(rest), size-fragmentHeader)]
		rest = rest[len(part):]
		if len(rest) == 0 {
			header |= fragmentEnds
		}
		p.payload = append(append(p.payload[:0], indicator, header), part...)
		send(p.payload, last && len(rest) == 0)
		header &^= fragmentBegins
	}
}
