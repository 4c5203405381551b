package repair

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	// maxTries is how often a packet is sent again.
	maxTries = 4
	// minPause is how long a packet is not sent again after it was: what a party sees missing it may report twice.
	minPause = 10 * time.Millisecond
	// mostKept is the largest packet that is kept, in octets: a leg keeps hundreds. Few are larger than 1500.
	mostKept = 8 << 10
	// retransmissionHeader is the original sequence number in front of a payload (RFC 4588 section 4), in bytes.
	retransmissionHeader = 2
)

// Resender keeps the packets that were sent last. Its methods may be called from any goroutine.
type Resender struct {
	// ssrc is that of the stream in which packets are sent again, if that is agreed.
	ssrc uint32
	// size is how many packets are kept, a power of two.
	size int
	// on tells that the party may ask.
	on atomic.Bool

	// mu guards what follows; it is held for copying only.
	mu   sync.Mutex
	kept []kept // by sequence number; nil until Agree
	// payloadTypes are those that stand for packets sent again, by payload type; 0 for none.
	payloadTypes [128]uint8
	sequence     uint16 // of the next packet in the stream of ssrc
}

// kept is a packet that was sent.
type kept struct {
	number  uint16
	packet  []byte // empty: none
	again   time.Time
	resends int
}

// NewResender makes one that keeps this many packets, a power of two. It needs memory only after Agree.
func NewResender(size int) *Resender {
	return &Resender{ssrc: rand.Uint32(), sequence: uint16(rand.Uint32N(1 << 15)), size: size}
}

// SSRC is that of the stream in which packets are sent again.
func (r *Resender) SSRC() uint32 { return r.ssrc }

// Agree says whether the party may ask, and which payload type each one has when it is sent again in a stream of its
// own; nil or 0 for those that are sent as they were.
func (r *Resender) Agree(on bool, payloadTypes map[uint8]uint8) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.payloadTypes = [128]uint8{}
	for media, again := range payloadTypes {
		r.payloadTypes[media&0x7f] = again
	}
	if on && r.kept == nil {
		r.kept = make([]kept, r.size)
	}
	r.on.Store(on)
}

// Keep keeps a packet that is sent, unless it is very large; it copies it.
func (r *Resender) Keep(packet []byte) {
	if !r.on.Load() || len(packet) < 12 || len(packet) > mostKept {
		return
	}
	number := uint16(packet[2])<<8 | uint16(packet[3])
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := &r.kept[int(number)&(len(r.kept)-1)]
	slot.number, slot.again, slot.resends = number, time.Time{}, 0
	slot.packet = append(slot.packet[:0], packet...)
}

// Resend gives send what a party misses and is kept, as it goes to the wire. What it gives is valid until send returns;
// the first error ends it.
func (r *Resender) Resend(
	missed []rtcp.NackPair, roundTrip time.Duration, now time.Time, send func(packet []byte) error,
) error {
	if !r.on.Load() {
		return nil
	}
	buffer := make([]byte, 0, 1500+retransmissionHeader)
	for _, pair := range missed {
		for _, number := range pair.PacketList() {
			packet := r.take(number, max(roundTrip/2, minPause), now, buffer)
			if packet == nil {
				continue
			}
			if err := send(packet); err != nil {
				return err
			}
		}
	}
	return nil
}

// take copies a packet, as it is to be sent again; nil for none.
func (r *Resender) take(number uint16, pause time.Duration, now time.Time, buffer []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := &r.kept[int(number)&(len(r.kept)-1)]
	if len(slot.packet) == 0 || slot.number != number || slot.resends == maxTries || now.Sub(slot.again) < pause {
		return nil
	}
	slot.resends++
	slot.again = now
	if again := r.payloadTypes[slot.packet[1]&0x7f]; again != 0 {
		return r.wrap(slot.packet, again, buffer)
	}
	return append(buffer[:0], slot.packet...)
}

// wrap makes a packet of the stream of ssrc: the same header, and the number that the packet had before its payload.
func (r *Resender) wrap(packet []byte, payloadType uint8, buffer []byte) []byte {
	var header rtp.Header
	size, err := header.Unmarshal(packet)
	if err != nil {
		return nil
	}
	number := header.SequenceNumber
	header.SSRC, header.PayloadType, header.SequenceNumber = r.ssrc, payloadType, r.sequence
	r.sequence++
	wrapped := slices.Grow(buffer[:0], len(packet)+retransmissionHeader)[:size]
	if _, err = header.MarshalTo(wrapped); err != nil {
		return nil
	}
	wrapped = append(wrapped, byte(number>>8), byte(number))
	return append(wrapped, packet[size:]...)
}

// Unwrap makes of a packet that was sent again in a stream of its own what it was before (RFC 4588 section 4), but for
// its SSRC. It reports false for one without content, by which browsers probe how much a path carries.
func Unwrap(packet *rtp.Packet, payloadType uint8) bool {
	if len(packet.Payload) <= retransmissionHeader {
		return false
	}
	packet.SequenceNumber = uint16(packet.Payload[0])<<8 | uint16(packet.Payload[1])
	packet.PayloadType = payloadType
	packet.Payload = packet.Payload[retransmissionHeader:]
	return true
}
