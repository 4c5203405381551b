package h264

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/pion/rtp"

	"sipbridge/transcode/h264/payload"
)

// Types of packets (RFC 6184 table 1), and bits around them (sections 5.3 and 5.8).
const (
	aggregation    = 24 // STAP-A
	fragmentation  = 28 // FU-A
	typeBits       = 0x1f
	fragmentBegins = 0x80
)

// window is how far back from the newest packet a late one may stand and still have its place.
const window = 1 << 13

// Inserter puts the parameter sets that a party told only in its description (RFC 6184 section 8.1,
// sprop-parameter-sets) in front of each picture from which decoding can begin, unless they come with it: a browser
// reads them nowhere else. Each goes in a packet of its own, which every packetization mode has (RFC 6184 section 6.2).
// The packets have numbers of their own count and therefore an SSRC of their own. It belongs to one goroutine.
type Inserter struct {
	sets [][]byte
	// ssrc is what sets the SSRCs apart from those of the source, and of another Inserter of the same one.
	ssrc uint32

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
	sets := payload.ParseSets(read.Sets)
	if !ok || len(sets) == 0 {
		return nil
	}
	return &Inserter{sets: sets, ssrc: rand.Uint32()}
}

// Write gives send the packet, and before it the parameter sets if they are missing. What it gives is valid
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
	i.take(packet, i.number(packet.SequenceNumber))
	return send(&i.packet)
}

// take makes a packet ours.
func (i *Inserter) take(packet *rtp.Packet, number uint16) {
	i.packet = *packet
	i.packet.SequenceNumber = number
	i.packet.SSRC ^= i.ssrc
}

// insert sends the sets in the place of a packet, which moves on.
func (i *Inserter) insert(packet *rtp.Packet, send func(*rtp.Packet) error) error {
	number := i.number(packet.SequenceNumber)
	i.from, i.before, i.after = packet.SequenceNumber, i.after, i.after+uint16(len(i.sets))
	for _, set := range i.sets {
		i.take(packet, number)
		i.packet.Marker, i.packet.Payload = false, set
		if err := send(&i.packet); err != nil {
			return err
		}
		number++
	}
	return nil
}

// number is where a packet of the source stands; one that came late stands before the last insertion. An insertion
// that is long ago moves along, or the numbers, which begin again after 65536 packets, would come before it.
func (i *Inserter) number(source uint16) uint16 {
	distance := int16(source - i.from)
	if distance > 2*window {
		i.from, i.before = source-window, i.after
	}
	if distance >= 0 {
		return source + i.after
	}
	return source + i.before
}

// look tells whether decoding can begin with a payload, and whether it has a sequence parameter set.
func look(content []byte) (begins, has bool) {
	switch kind := payload.TypeOf(content); kind {
	case fragmentation:
		begins = len(content) > 1 && content[1]&fragmentBegins != 0 && content[1]&typeBits == payload.InstantRefresh
		return begins, false
	case aggregation:
		return lookInside(content[1:])
	default:
		return kind == payload.InstantRefresh, kind == payload.SequenceSet
	}
}

func lookInside(units []byte) (begins, has bool) {
	for len(units) > 2 {
		size := int(binary.BigEndian.Uint16(units))
		kind := payload.TypeOf(units[2:])
		begins, has = begins || kind == payload.InstantRefresh, has || kind == payload.SequenceSet
		units = units[min(2+size, len(units)):]
	}
	return begins, has
}
