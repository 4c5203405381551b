package payload

import "bytes"

// Join appends units to a byte stream (ITU-T H.264 annex B).
func Join(stream []byte, units [][]byte) []byte {
	for _, unit := range units {
		stream = append(append(stream, 0, 0, 0, 1), unit...)
	}
	return stream
}

// Split gives take each unit of a byte stream.
func Split(stream []byte, take func(unit []byte)) {
	start := []byte{0, 0, 1}
	_, rest, _ := bytes.Cut(stream, start)
	for len(rest) > 0 {
		unit, after, _ := bytes.Cut(rest, start)
		if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 { // a longer start code begins with a zero
			take(unit)
		}
		rest = after
	}
}
