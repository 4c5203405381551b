package payload

import (
	"encoding/binary"
	"slices"
)

// DefaultMaxSize is the largest payload, in bytes: with the headers of RTP, SRTP, UDP and IPv6 it stays below the
// 1280 bytes that every network carries.
const DefaultMaxSize = 1180

// MaxSingle is the longest unit, in bytes, that can be sent to a receiver of single units: it has to go into one
// datagram, of UDP over IPv4, with the headers of RTP and SRTP. What is longer than the path carries is cut by IP.
const MaxSingle = 65000

// Packetizer cuts pictures into payloads. It belongs to one goroutine.
type Packetizer struct {
	// MaxSize is the largest payload in bytes. Default: DefaultMaxSize.
	MaxSize int
	// Single sends each unit as it is (packetization-mode 0, RFC 6184 section 6.2), however long, up to MaxSingle.
	Single bool

	payload []byte
}

// Packetize gives the payloads of a picture to send, each valid until it returns. last tells that the picture ends with
// it: the packet gets the marker (RFC 6184 section 5.1). It reports false, and sends nothing, if a unit cannot be sent
// single.
func (p *Packetizer) Packetize(units [][]byte, send func(payload []byte, last bool)) (sent bool) {
	if p.Single {
		return single(units, send)
	}
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
	return true
}

// single sends each unit in a payload of its own.
func single(units [][]byte, send func(payload []byte, last bool)) bool {
	if slices.ContainsFunc(units, func(unit []byte) bool { return len(unit) > MaxSingle }) {
		return false
	}
	units = slices.DeleteFunc(slices.Clone(units), func(unit []byte) bool { return len(unit) == 0 })
	for i, unit := range units {
		send(unit, i == len(units)-1)
	}
	return true
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
