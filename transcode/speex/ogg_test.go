package speex

import (
	"encoding/binary"

	"sipbridge/transcode/speechtest"
)

// ogg wraps packets of one frame as the Speex manual section 5 has it, one packet a page.
func ogg(mode Mode, packets [][]byte) []byte {
	header := make([]byte, 80)
	copy(header, "Speex   1.2")
	for i, value := range []int{
		1, 80, mode.SampleRate(), int(mode), 4, 1, -1, mode.FrameSamples(), 0, 1, 0, 0, 0,
	} {
		binary.LittleEndian.PutUint32(header[28+4*i:], uint32(value))
	}
	tags := append([]byte{4, 0, 0, 0}, "test\x00\x00\x00\x00"...)
	var file []byte
	for i, packet := range append([][]byte{header, tags}, packets...) {
		kind := byte(0)
		if i == 0 {
			kind = 2 // first page
		}
		file = append(file, speechtest.OggPage(kind, uint64(max(i-1, 0)*mode.FrameSamples()), uint32(i), packet)...)
	}
	return file
}

// unwrap gives the packets of an Ogg file (RFC 3533 section 6).
func unwrap(file []byte) [][]byte {
	var packets [][]byte
	var packet []byte
	for len(file) > 27 {
		lacing := file[27 : 27+int(file[26])]
		file = file[27+len(lacing):]
		for _, size := range lacing {
			packet = append(packet, file[:size]...)
			file = file[size:]
			if size < 255 {
				packets, packet = append(packets, packet), nil
			}
		}
	}
	return packets
}
