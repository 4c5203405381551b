package rates

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/pion/rtcp"
)

// Formats of transport-layer feedback (RFC 5104 section 4.2).
const (
	FormatRequest      = 3 // TMMBR
	FormatNotification = 4 // TMMBN
)

const (
	feedbackHeader = 12 // RTCP header, sender and media source
	entrySize      = 8
	maxEntries     = 16
	mantissaBits   = 17
	overheadBits   = 9
	// overhead is that of IPv4, UDP and RTP to each packet, in octets, which the rate includes.
	overhead = 40
)

// ErrTemporary means an ill-formed TMMBR or TMMBN.
var ErrTemporary = errors.New("rates: ill-formed TMMBR")

// Temporary is a Temporary Maximum Media Stream Bit Rate Request (RFC 5104 section 4.2.1), or the notification that
// answers one, for one stream.
type Temporary struct {
	// Format is FormatRequest or FormatNotification.
	Format uint8
	// Sender is the SSRC of who says it.
	Sender uint32
	// Source is the SSRC of the stream that is limited; in a notification that of who asked.
	Source uint32
	// Bitrate is in bit/s, with the overhead of the network.
	Bitrate uint64
}

// Packet gives it as a packet.
func (t Temporary) Packet() *rtcp.RawPacket {
	packet := make([]byte, feedbackHeader+entrySize)
	packet[0], packet[1] = 2<<6|t.Format, uint8(rtcp.TypeTransportSpecificFeedback)
	binary.BigEndian.PutUint16(packet[2:], uint16(len(packet)/4-1))
	binary.BigEndian.PutUint32(packet[4:], t.Sender) // the media source is 0
	exponent := max(bits.Len64(t.Bitrate)-mantissaBits, 0)
	value := uint32(exponent)<<(32-6) | uint32(t.Bitrate>>exponent)<<overheadBits | overhead
	binary.BigEndian.PutUint32(packet[feedbackHeader:], t.Source)
	binary.BigEndian.PutUint32(packet[feedbackHeader+4:], value)
	return (*rtcp.RawPacket)(&packet)
}

// ReadTemporary reads the entry of a packet that is about a stream. Its Bitrate is 0 if there is none. The error is
// ErrTemporary.
func ReadTemporary(packet []byte, source uint32) (Temporary, error) {
	var header rtcp.Header
	if header.Unmarshal(packet) != nil || header.Type != rtcp.TypeTransportSpecificFeedback ||
		len(packet) < feedbackHeader || (len(packet)-feedbackHeader)%entrySize != 0 {
		return Temporary{}, ErrTemporary
	}
	t := Temporary{Format: header.Count, Sender: binary.BigEndian.Uint32(packet[4:])}
	entries := packet[feedbackHeader:]
	for range min(len(entries)/entrySize, maxEntries) {
		if binary.BigEndian.Uint32(entries) == source {
			value := binary.BigEndian.Uint32(entries[4:])
			exponent, mantissa := value>>(32-6), uint64(value>>overheadBits)&(1<<mantissaBits-1)
			t.Source, t.Bitrate = source, mantissa<<min(exponent, 64-mantissaBits)
			return t, nil
		}
		entries = entries[entrySize:]
	}
	return t, nil
}
