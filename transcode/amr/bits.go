package amr

// bits reads or writes a payload bit by bit, the highest of a byte first.
type bits struct {
	raw []byte
	at  int // in bits
}

func (b *bits) left() int { return 8*len(b.raw) - b.at }

func (b *bits) skip(count int) { b.at += count }

// read gives the next bits, which must be there, as a number.
func (b *bits) read(count int) byte {
	var value byte
	for range count {
		value = value<<1 | b.raw[b.at/8]>>(7-b.at%8)&1
		b.at++
	}
	return value
}

// copy takes out so many bits, which must be there, and gives the number of bytes that they fill, with zeros behind
// them.
func (b *bits) copy(to []byte, count int) int {
	size := (count + 7) / 8
	for i := range size {
		n := min(8, count-8*i)
		to[i] = b.read(n) << (8 - n)
	}
	return size
}

// write puts the lowest bits of a value, and zeros up to a width. It reports false if there is no room.
func (b *bits) write(value byte, count, width int) bool {
	return b.put([]byte{value << (8 - count)}, count, width)
}

// put puts the first bits of a text, and zeros up to a width, into what was cleared. It reports false if there is no
// room.
func (b *bits) put(from []byte, count, width int) bool {
	if b.left() < width {
		return false
	}
	for i := range count {
		b.raw[(b.at+i)/8] |= from[i/8] >> (7 - i%8) & 1 << (7 - (b.at+i)%8)
	}
	b.at += width
	return true
}
