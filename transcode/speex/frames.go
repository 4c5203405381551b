package speex

const (
	// terminator, inBand and userInBand are what stands in place of a frame's mode (Speex manual section 5.5).
	terminator = 15
	inBand     = 14
	userInBand = 13
	// mostLayers is how many upper bands a frame can have: one in wideband, two in ultra-wideband.
	mostLayers = 2
)

// bits reads a packet bit by bit. Behind its end all bits are 0.
type bits struct {
	data []byte
	at   int
}

func (b *bits) left() int { return 8*len(b.data) - b.at }

func (b *bits) skip(count int) { b.at += count }

func (b *bits) read(count int) int {
	value := 0
	for range count {
		value <<= 1
		if b.left() > 0 {
			value |= int(b.data[b.at/8]>>(7-b.at%8)) & 1
		}
		b.at++
	}
	return value
}

// padding tells whether what is left only fills up the last byte: with a 0 and ones as RFC 5574 section 3.3 has it, or
// with zeros, which some senders write and which would be an empty frame.
func (b *bits) padding() bool {
	rest := *b
	left := rest.left()
	if left >= 8 {
		return false
	}
	filling := rest.read(left)
	return filling == 0 || filling == 1<<(left-1)-1
}

// Frames counts the frames of a payload without decoding it. The error is ErrMalformed if there is none, or if one
// is cut off or of a kind that a decoder of this mode does not know. What passes here the library takes
// without complaining, which it does on the standard error output.
func (m Mode) Frames(payload []byte) (int, error) {
	rest := bits{data: payload}
	frames, layers := 0, mostLayers
	for rest.left() > 0 && (frames == 0 || !rest.padding()) {
		if rest.read(1) == 1 {
			size := m.layerBits(rest.read(3), layers)
			if size < 0 {
				return 0, ErrMalformed
			}
			layers++
			rest.skip(size - 4)
			continue
		}
		kind := rest.read(4)
		if kind == terminator {
			break
		}
		if kind == inBand || kind == userInBand {
			rest.skip(messageBits(kind, rest.read(4)))
			layers = max(layers, int(m)) // what follows belongs to no frame, and is skipped
			continue
		}
		size := frameBits(kind)
		if size < 0 {
			return 0, ErrMalformed
		}
		frames, layers = frames+1, 0
		rest.skip(size - 5)
	}
	if frames == 0 || rest.left() < 0 {
		return 0, ErrMalformed
	}
	return frames, nil
}

// frameBits gives the size of the lower band of a frame, with its first five bits, by its mode; -1 if there is no such
// mode (Speex manual, table 5 of section 8).
func frameBits(mode int) int {
	sizes := [16]int{5, 43, 119, 160, 220, 300, 364, 492, 79, -1, -1, -1, -1, -1, -1, -1}
	return sizes[mode&15]
}

// layerBits gives the size of an upper band, with its first four bits, by its kind and by how many stand before it;
// -1 if there is no such thing (Speex manual sections 9 and 10). The empty kind cannot be skipped by a decoder of a
// narrower mode: the library stumbles over it.
func (m Mode) layerBits(kind, before int) int {
	sizes := [8]int{4, 36, 112, 192, 352, -1, -1, -1}
	skipped := before >= int(m)
	if before >= mostLayers || before > 0 && kind > 1 || skipped && kind == 0 {
		return -1
	}
	return sizes[kind&7]
}

// messageBits gives the size of what follows the number of an in-band message: of a user's message
// that number is its size in bytes.
func messageBits(kind, number int) int {
	if kind == userInBand {
		return 5 + 8*number
	}
	sizes := [16]int{1, 1, 4, 4, 4, 4, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64}
	return sizes[number]
}
