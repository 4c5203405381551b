package quality

import (
	"encoding/binary"

	"sipbridge/transcode/speechtest"
)

// oggOf wraps packets of 20 ms of Opus (RFC 7845) or Speex (its manual, section 5) in Ogg, one packet a page.
func oggOf(with *party, packets [][]byte) []byte {
	head, step := opusHead(), 960
	if with.format.Name == "speex" {
		head, step = speexHead(with.rate), with.rate/50
	}
	tags := append([]byte{4, 0, 0, 0}, "test\x00\x00\x00\x00"...)
	if with.format.Name == "opus" {
		tags = append([]byte("OpusTags"), tags...)
	}
	var file []byte
	for i, packet := range append([][]byte{head, tags}, packets...) {
		kind := byte(0)
		if i == 0 {
			kind = 2 // first page
		}
		file = append(file, speechtest.OggPage(kind, uint64(max(i-1, 0)*step), uint32(i), packet)...)
	}
	return file
}

func opusHead() []byte {
	return append([]byte("OpusHead\x01\x01"), 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0) // 48 kHz, nothing to skip
}

func speexHead(rate int) []byte {
	header := make([]byte, 80)
	copy(header, "Speex   1.2")
	mode := map[int]int{8000: 0, 16000: 1, 32000: 2}[rate]
	for i, value := range []int{1, 80, rate, mode, 4, 1, -1, rate / 50, 0, 1, 0, 0, 0} {
		binary.LittleEndian.PutUint32(header[28+4*i:], uint32(value))
	}
	return header
}
