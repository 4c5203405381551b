package ogg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

const (
	// pageHead is how many bytes a page has before its lacing values.
	pageHead = 27
	// mostSegments is how many segments of at most mostSegment bytes a page has.
	mostSegments = 255
	mostSegment  = 255
)

// What is set in the header type flag of a page (RFC 3533 section 6).
const (
	flagContinued = 1 << iota
	flagFirst
	flagLast
)

// noGranule is the position of a page on which no packet ends.
const noGranule = -1

// page is what a stream is cut into.
type page struct {
	flags byte
	// granule is the position behind the last packet that ends here, in samples at 48 kHz.
	granule          int64
	serial, sequence uint32
	// lacing are the lengths of the segments that body is made of.
	lacing, body []byte
}

// fits tells whether a packet of so many bytes can be added.
func (p *page) fits(size int) bool { return len(p.lacing)+size/mostSegment+1 <= mostSegments }

// add puts a whole packet into the page.
func (p *page) add(packet []byte) {
	for range len(packet) / mostSegment {
		p.lacing = append(p.lacing, mostSegment)
	}
	p.lacing = append(p.lacing, byte(len(packet)%mostSegment))
	p.body = append(p.body, packet...)
}

// appendTo appends the page as it is in a file.
func (p *page) appendTo(raw []byte) []byte {
	const checksum = 22
	begin := len(raw)
	raw = append(raw, "OggS\x00"...)
	raw = append(raw, p.flags)
	raw = binary.LittleEndian.AppendUint64(raw, uint64(p.granule))
	raw = binary.LittleEndian.AppendUint32(raw, p.serial)
	raw = binary.LittleEndian.AppendUint32(raw, p.sequence)
	raw = append(raw, 0, 0, 0, 0, byte(len(p.lacing)))
	raw = append(append(raw, p.lacing...), p.body...)
	binary.LittleEndian.PutUint32(raw[begin+checksum:], sum(raw[begin:]))
	return raw
}

// readPage reads one. The error is io.EOF where the file ends, also within a page, and ErrFormat for what is no page.
func readPage(file io.Reader) (*page, error) {
	raw := make([]byte, pageHead, pageHead+mostSegments)
	if err := fill(file, raw); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(raw, []byte("OggS\x00")) {
		return nil, ErrFormat
	}
	raw = append(raw, make([]byte, raw[pageHead-1])...)
	if err := fill(file, raw[pageHead:]); err != nil {
		return nil, err
	}
	size := 0
	for _, length := range raw[pageHead:] {
		size += int(length)
	}
	body := len(raw)
	raw = append(raw, make([]byte, size)...)
	if err := fill(file, raw[body:]); err != nil {
		return nil, err
	}
	said := binary.LittleEndian.Uint32(raw[22:])
	clear(raw[22:26])
	if sum(raw) != said {
		return nil, ErrFormat
	}
	return &page{
		flags: raw[5], granule: int64(binary.LittleEndian.Uint64(raw[6:])),
		serial: binary.LittleEndian.Uint32(raw[14:]), sequence: binary.LittleEndian.Uint32(raw[18:]),
		lacing: raw[pageHead:body], body: raw[body:],
	}, nil
}

// fill reads all of raw; what is missing is the end of the file.
func fill(file io.Reader, raw []byte) error {
	_, err := io.ReadFull(file, raw)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

// sum is the checksum of a page whose own is zero (RFC 3533 section 6, field 8).
func sum(raw []byte) uint32 {
	const polynomial = 0x04c11db7
	crc := uint32(0)
	for _, b := range raw {
		crc ^= uint32(b) << 24
		for range 8 {
			carry := crc >> 31
			crc = crc<<1 ^ carry*polynomial
		}
	}
	return crc
}
