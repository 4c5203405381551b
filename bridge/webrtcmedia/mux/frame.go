package mux

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// frameHeader is the size of the length before each packet (RFC 4571 section 2).
const frameHeader = 2

// errFrame means a packet that is longer than any browser's.
var errFrame = errors.New("mux: frame too long")

// readFrame reads a packet into the buffer.
func readFrame(from *bufio.Reader, buffer []byte) ([]byte, error) {
	var header [frameHeader]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return nil, err //nolint:wrapcheck // the connection's end
	}
	size := int(binary.BigEndian.Uint16(header[:]))
	if size > len(buffer) {
		return nil, errFrame
	}
	_, err := io.ReadFull(from, buffer[:size])
	return buffer[:size], err //nolint:wrapcheck // the connection's end
}

// appendFrame adds a packet to others.
func appendFrame(frames, datagram []byte) []byte {
	return append(binary.BigEndian.AppendUint16(frames, uint16(len(datagram))), datagram...)
}
