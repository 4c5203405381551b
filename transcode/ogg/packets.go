package ogg

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// longestPacket is how many bytes a packet may have: 120 ms at the highest rate, or tags with a picture.
const longestPacket = 1 << 20

// mostPages is how many pages of other streams are passed over before ours begins.
const mostPages = 1000

// packets are those of one stream of a file, in their order.
type packets struct {
	file   *bufio.Reader
	serial uint32
	// page is being read: its segments from segment on, its bytes from at on.
	page    *page
	segment int
	at      int
}

// open finds the first Opus stream and gives its first packet.
func (p *packets) open() ([]byte, error) {
	for range mostPages {
		page, err := readPage(p.file)
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: no sound", ErrFormat)
		}
		if err != nil {
			return nil, err
		}
		if page.flags&flagFirst != 0 && bytes.HasPrefix(page.body, []byte(headMagic)) {
			p.serial, p.page = page.serial, page
			return p.next()
		}
	}
	return nil, ErrFormat
}

// next gives the next packet. The error is io.EOF at the end of the stream or file.
func (p *packets) next() ([]byte, error) {
	var packet []byte
	for {
		for p.segment == len(p.page.lacing) {
			if err := p.turn(); err != nil {
				return nil, err
			}
			if continued := p.page.flags&flagContinued != 0; continued != (packet != nil) {
				return nil, ErrFormat // a page is missing
			}
		}
		length := int(p.page.lacing[p.segment])
		packet = append(packet, p.page.body[p.at:p.at+length]...)
		p.segment, p.at = p.segment+1, p.at+length
		if len(packet) > longestPacket {
			return nil, ErrFormat
		}
		if length < mostSegment {
			return packet, nil
		}
	}
}

// granule gives the position of the page if the last packet that ends on it was given.
func (p *packets) granule() (position int64, ok bool) {
	for _, length := range p.page.lacing[p.segment:] {
		if length < mostSegment {
			return 0, false
		}
	}
	return p.page.granule, p.page.granule != noGranule
}

// last tells that the page is the stream's last.
func (p *packets) last() bool { return p.page.flags&flagLast != 0 }

// turn goes to the next page of the stream.
func (p *packets) turn() error {
	if p.last() {
		return io.EOF
	}
	for {
		page, err := readPage(p.file)
		if err != nil {
			return err
		}
		if page.serial == p.serial {
			p.page, p.segment, p.at = page, 0, 0
			return nil
		}
	}
}
