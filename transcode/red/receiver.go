package red

import (
	"slices"

	"github.com/pion/rtp"

	"sipbridge/transcode/sequence"
)

// timestamps is how many packets back a copy is known by its timestamp.
const timestamps = 16

// Receiver gives the packets that a party sends within payloads of RFC 2198, each once, with those that were lost
// before those that carry their copies. It is not safe for concurrent use.
//
// A payload says of a copy when it belongs, but not its sequence number. Copies stand in the order of the packets
// before, without a gap, as browsers send them; where a timestamp contradicts that, a copy is left out.
type Receiver struct {
	events [128]bool

	started bool
	ssrc    uint32
	window  sequence.Window
	// heard are the timestamps of the last packets, next is where the next one is put.
	heard [timestamps]uint32
	next  int

	blocks  [maxBlocks]block
	packets [maxBlocks]rtp.Packet
}

// NewReceiver makes a Receiver. Events are the payload types of telephone-events: of those a payload repeats older
// events, not older packets (RFC 4733 section 2.5.1.4), so all copies are given, and have the number of the packet they
// came in.
func NewReceiver(events ...uint8) *Receiver {
	r := &Receiver{}
	for _, event := range events {
		r.events[event&0x7f] = true
	}
	return r
}

// Heard takes notice of a packet that came outside of such payloads.
func (r *Receiver) Heard(packet *rtp.Packet) {
	r.follow(packet)
	r.window.Place(packet.SequenceNumber)
	r.remember(packet.Timestamp)
}

// Receive gives what is in a packet. The packets are valid until the next call, and as long as the payload is. The
// error is ErrMalformed.
func (r *Receiver) Receive(packet *rtp.Packet) ([]rtp.Packet, error) {
	blocks, err := split(packet.Payload, &r.blocks)
	if err != nil {
		return nil, err
	}
	r.follow(packet)
	given := r.packets[:0]
	for i, copied := range blocks[:len(blocks)-1] {
		back := uint16(len(blocks) - 1 - i)
		if len(copied.data) == 0 || !r.events[copied.payloadType] && !r.missed(packet, copied, back) {
			continue
		}
		if r.events[copied.payloadType] {
			back = 0
		}
		given = append(given, inner(packet, copied, back))
	}
	r.window.Place(packet.SequenceNumber)
	r.remember(packet.Timestamp)
	own := inner(packet, blocks[len(blocks)-1], 0)
	own.Marker = packet.Marker
	return append(given, own), nil
}

// inner makes the packet that a block stands for.
func inner(packet *rtp.Packet, of block, back uint16) rtp.Packet {
	return rtp.Packet{Header: rtp.Header{
		Version: 2, PayloadType: of.payloadType, SequenceNumber: packet.SequenceNumber - back,
		Timestamp: packet.Timestamp - of.offset, SSRC: packet.SSRC,
	}, Payload: of.data}
}

// missed tells whether a copy stands for a packet that was not heard, and takes it for heard.
func (r *Receiver) missed(packet *rtp.Packet, copied block, back uint16) bool {
	timestamp := packet.Timestamp - copied.offset
	if copied.offset == 0 || slices.Contains(r.heard[:min(r.next, timestamps)], timestamp) {
		return false
	}
	_, verdict := r.window.Place(packet.SequenceNumber - back)
	if verdict == sequence.Duplicate || verdict == sequence.Stray {
		return false
	}
	r.remember(timestamp)
	return true
}

func (r *Receiver) remember(timestamp uint32) {
	r.heard[r.next%timestamps] = timestamp
	if r.next++; r.next == 2*timestamps {
		r.next = timestamps
	}
}

// follow begins anew where the source changes.
func (r *Receiver) follow(packet *rtp.Packet) {
	if !r.started || packet.SSRC != r.ssrc {
		r.started, r.ssrc, r.window, r.next = true, packet.SSRC, sequence.Window{}, 0
	}
}
