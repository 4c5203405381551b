package speechtest

import (
	"bytes"
	"encoding/binary"
)

// OggPage is a page of an Ogg file with one packet (RFC 3533 section 6), for decoders of others that read files. kind
// is its header type, 2 for the first, granule how many samples have come with it, number its place in the file.
func OggPage(kind byte, granule uint64, number uint32, packet []byte) []byte {
	p := append([]byte("OggS\x00"), kind)
	p = binary.LittleEndian.AppendUint64(p, granule)
	p = binary.LittleEndian.AppendUint32(p, 1) // stream
	p = binary.LittleEndian.AppendUint32(p, number)
	p = append(p, 0, 0, 0, 0) // checksum
	lacing := append(bytes.Repeat([]byte{255}, len(packet)/255), byte(len(packet)%255))
	p = append(append(append(p, byte(len(lacing))), lacing...), packet...)
	sum := uint32(0)
	for _, b := range p { // CRC of polynomial 0x04c11db7, RFC 3533 section 6
		sum ^= uint32(b) << 24
		for range 8 {
			if sum&(1<<31) != 0 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
	}
	binary.LittleEndian.PutUint32(p[22:], sum)
	return p
}
