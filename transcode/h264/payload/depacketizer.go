package payload

import (
	"encoding/binary"

	"github.com/pion/rtp"
)

const (
	// maxPicture is the largest picture, in bytes.
	maxPicture = 1 << 20
	// maxUnits is how many units a picture may have.
	maxUnits = 512
)

// Picture is one access unit.
type Picture struct {
	// Units are its NAL units in order, valid until the next packet is put.
	Units [][]byte
	// Timestamp is that of its packets, at 90 kHz.
	Timestamp uint32
}

// Stats counts what became of pictures.
type Stats struct {
	// Pictures counts whole pictures, Broken those that were dropped because something of them was missing or malformed.
	Pictures, Broken uint64
}

// Depacketizer puts pictures together. It takes packets in order and belongs to one goroutine.
type Depacketizer struct {
	counts Stats

	started   bool
	next      uint16 // the sequence number that should come
	timestamp uint32 // of the picture that is being put together
	begun     bool   // there is one
	broken    bool   // something of it is missing

	bytes []byte
	ends  []int // of its units in bytes
	// fragmented tells that the last unit is not complete.
	fragmented bool
	units      [][]byte
}

// Stats gives a snapshot.
func (d *Depacketizer) Stats() Stats { return d.counts }

// Put takes a packet and calls done with each picture that is complete with it: the one that it ends, or one
// before it whose end had no marker. A packet without payload only accounts for its number.
func (d *Depacketizer) Put(packet *rtp.Packet, done func(Picture)) {
	missed := d.started && packet.SequenceNumber != d.next
	d.started, d.next = true, packet.SequenceNumber+1
	if len(packet.Payload) == 0 {
		d.broken = d.broken || missed
		return
	}
	if d.begun && packet.Timestamp != d.timestamp {
		d.broken = d.broken || missed
		d.finish(done)
	}
	if !d.begun {
		d.begun, d.timestamp = true, packet.Timestamp
	}
	d.broken = d.broken || missed || !d.take(packet.Payload)
	if packet.Marker {
		d.finish(done)
	}
}

// finish gives the picture, if it is whole, and makes room for the next one.
func (d *Depacketizer) finish(done func(Picture)) {
	if d.broken || d.fragmented || len(d.ends) == 0 {
		d.counts.Broken++
	} else {
		d.counts.Pictures++
		d.units = d.units[:0]
		start := 0
		for _, end := range d.ends {
			d.units = append(d.units, d.bytes[start:end:end])
			start = end
		}
		done(Picture{Units: d.units, Timestamp: d.timestamp})
	}
	d.begun, d.broken, d.fragmented = false, false, false
	d.bytes, d.ends = d.bytes[:0], d.ends[:0]
}

// take adds a payload to the picture; false if it cannot be part of one.
func (d *Depacketizer) take(payload []byte) bool {
	if len(d.bytes)+len(payload) > maxPicture || len(d.ends) >= maxUnits {
		return false
	}
	switch kind := TypeOf(payload); {
	case kind == fragmentationA:
		return d.takeFragment(payload)
	case d.fragmented || kind == 0:
		return false
	case kind == aggregationA:
		return d.takeAggregate(payload[1:])
	default:
		return isUnit(kind) && d.add(payload)
	}
}

// add adds a whole unit.
func (d *Depacketizer) add(unit []byte) bool {
	d.bytes = append(d.bytes, unit...)
	d.ends = append(d.ends, len(d.bytes))
	return true
}

// takeAggregate takes the units of a STAP-A.
func (d *Depacketizer) takeAggregate(rest []byte) bool {
	for len(rest) > 0 {
		if len(rest) < aggregatedLength {
			return false
		}
		size := int(binary.BigEndian.Uint16(rest))
		rest = rest[aggregatedLength:]
		if size == 0 || size > len(rest) || len(d.ends) >= maxUnits || !isUnit(TypeOf(rest[:size])) {
			return false
		}
		d.add(rest[:size])
		rest = rest[size:]
	}
	return true
}

// isUnit tells whether a type is that of a NAL unit, and not of a packet of several, or of part of one.
func isUnit(kind int) bool { return kind > 0 && kind <= lastSingle }

// takeFragment takes a piece of a unit.
func (d *Depacketizer) takeFragment(payload []byte) bool {
	if len(payload) <= fragmentHeader {
		return false
	}
	header, begins := payload[1], payload[1]&fragmentBegins != 0
	kind := int(header & typeMask)
	if begins == d.fragmented || !isUnit(kind) {
		return false // one that begins inside another, or goes on where none has begun
	}
	if begins {
		d.bytes = append(d.bytes, payload[0]&^typeMask|header&typeMask)
		d.ends = append(d.ends, 0)
		d.fragmented = true
	}
	d.bytes = append(d.bytes, payload[fragmentHeader:]...)
	d.ends[len(d.ends)-1] = len(d.bytes)
	if header&fragmentEnds != 0 {
		d.fragmented = false
	}
	return true
}
