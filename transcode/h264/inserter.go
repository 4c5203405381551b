package h264

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/pion/rtp"
)

// Types of NAL units (RFC 6184 table 1), and bits around them (sections 5.3 and 5.8).
const (
	refreshUnit    = 5 // a slice of a picture from which decoding can begin
	sequenceSet    = 7
	aggregation    = 24 // STAP-A
	fragmentation  = 28 // FU-A
	typeBits       = 0x1f
	fragmentBegins = 0x80
)

// Inserter puts the parameter sets that a party told only in its description (RFC 6184 section 8.1,
// sprop-parameter-sets) in front of each picture from which decoding can begin, unless they come with it: a browser
// reads them nowhere else. Its packets have numbers of their own count. It belongs to one goroutine.
type Inserter struct {
	sets []byte // a STAP-A

	// told is the timestamp of the newest picture that has its sets; known tells that there is one.
	told  uint32
	known bool
	// from is the first number after the last insertion, before and after what is added to numbers on either side of it.
	from, before, after uint16
	packet              rtp.Packet
}

// NewInserter makes one of the parameters of an a=fmtp line; nil if they have no parameter sets.
func NewInserter(parameters string) *Inserter {
	read, ok := ParseParameters(parameters)
	if !ok || read.Sets == "" {
		return nil
	}
	sets := []byte{aggregation | 0x60} // of the highest importance
	for word := range strings.SplitSeq(read.Sets, ",") {
		unit, err := base64.StdEncoding.DecodeString(word)
		if err != nil || len(unit) == 0 {
			return nil
		}
		sets = binary.BigEndian.AppendUint16(sets, uint16(len(unit)))
		sets = append(sets, unit...)
	}
	return &Inserter{sets: sets}
}

// Write gives send the packet, and before it one with the parameter sets if they are missing. What it gives is valid
// until send returns.
func (i *Inserter) Write(packet *rtp.Packet, send func(*rtp.Packet) error) error {
	begins, has := look(packet.Payload)
	if has {
		i.told, i.known = packet.Timestamp, true
	}
	if begins && (!i.known || i.told != packet.Timestamp) {
		i.told, i.known = packet.Timestamp, true
		if err := i.insert(packet, send); err != nil {
			return err
		}
	}
	i.packet = *packet
	i.packet.SequenceNumber = i.number(packet.SequenceNumber)
	return send(&i.packet)
}

// insert sends the sets in the place of a packet, which moves on.
func (i *Inserter) insert(packet *rtp.Packet, send func(*rtp.Packet) error) error {
	number := i.number(packet.SequenceNumber)
	i.from, i.before, i.after = packet.SequenceNumber, i.after, i.after+1
	i.packet = *packet
	i.packet.SequenceNumber, i.packet.Marker, i.packet.Payload = number, false, i.sets
	return send(&i.packet)
}

// number is where a packet of the source stands; one that came late stands before the last insertion.
func (i *Inserter) number(source uint16) uint16 {
	if int16(source-i.from) >= 0 {
		return source + i.after
	}
	return source + i.before
}

// look tells whether decoding can begin with a payload, and whether it has a sequence parameter set.
func look(payload []byte) (begins, has bool) {
	if len(payload) == 0 {
		return false, false
	}
	switch kind := payload[0] & typeBits; kind {
	case fragmentation:
		begins = len(payload) > 1 && payload[1]&fragmentBegins != 0 && payload[1]&typeBits == refreshUnit
		return begins, false
	case aggregation:
		return lookInside(payload[1:])
	default:
		return kind == refreshUnit, kind == sequenceSet
	}
}

func lookInside(units []byte) (begins, has bool) {
	for len(units) > 2 {
		size := int(binary.BigEndian.Uint16(units))
		kind := units[2] & typeBits
		begins, has = begins || kind == refreshUnit, has || kind == sequenceSet
		units = units[min(2+size, len(units)):]
	}
	return begins, has
}
