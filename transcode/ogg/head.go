package ogg

import (
	"bytes"
	"encoding/binary"
)

// head is the first packet of a stream (RFC 7845 section 5.1).
type head struct {
	channels int
	// preSkip is how many samples at 48 kHz are decoded and thrown away at the beginning.
	preSkip int
	// rate is that of what was encoded, in Hz, for information.
	rate int
	// gain is to be applied to what is decoded, in dB as a fixed point number with 8 bits behind the point.
	gain int16
}

const (
	headMagic = "OpusHead"
	tagsMagic = "OpusTags"
	headSize  = 19
)

// packet gives it as it is in a file, for mono or stereo.
func (h head) packet() []byte {
	raw := append([]byte(headMagic), 1, byte(h.channels))
	raw = binary.LittleEndian.AppendUint16(raw, uint16(h.preSkip))
	raw = binary.LittleEndian.AppendUint32(raw, uint32(h.rate))
	raw = binary.LittleEndian.AppendUint16(raw, uint16(h.gain))
	return append(raw, 0) // channel mapping family: one stream, mono or stereo
}

// parseHead reads one of mono or stereo.
func parseHead(packet []byte) (head, error) {
	const majorVersion = 0xf0
	if len(packet) < headSize || !bytes.HasPrefix(packet, []byte(headMagic)) || packet[8]&majorVersion != 0 {
		return head{}, ErrFormat
	}
	h := head{
		channels: int(packet[9]), preSkip: int(binary.LittleEndian.Uint16(packet[10:])),
		rate: int(binary.LittleEndian.Uint32(packet[12:])), gain: int16(binary.LittleEndian.Uint16(packet[16:])),
	}
	if family := packet[18]; family != 0 || h.channels < 1 || h.channels > 2 {
		return head{}, ErrFormat
	}
	return h, nil
}

// tags is the second packet: who made it, and no comments (RFC 7845 section 5.2).
func tags() []byte {
	const vendor = "sipbridge"
	raw := binary.LittleEndian.AppendUint32([]byte(tagsMagic), uint32(len(vendor)))
	return append(append(raw, vendor...), 0, 0, 0, 0)
}
