package rtmp

// speexFrame is how many samples a frame of Speex at 16 kHz has: 20 ms.
const speexFrame = 320

// speexFrames counts the frames in a Speex packet at 16 kHz, without decoding: each is a narrowband frame and perhaps
// a layer above it, whose sizes follow from their modes (The Speex Codec Manual, tables 9.1 and 10.1). A packet that
// is not understood counts as one frame, for only the decoder can tell.
func speexFrames(packet []byte) int {
	in := bits{packet: packet}
	frames := 0
	for in.left() >= 5 {
		if in.read(1) == 1 { // a layer without its frame
			break
		}
		size, ok := narrowband(&in)
		if !ok || !in.skip(size) {
			break
		}
		frames++
		if !skipLayer(&in) {
			break
		}
	}
	return max(frames, 1)
}

// narrowband reads the mode of a narrowband frame and gives the bits that follow it; false at the end of the packet.
func narrowband(in *bits) (size int, ok bool) {
	const header = 5
	sizes := [...]int{5, 43, 119, 160, 220, 300, 364, 492, 79}
	for in.left() >= header-1 {
		mode := in.read(4)
		switch {
		case mode < len(sizes):
			return sizes[mode] - header, true
		case mode == 13: // data of the application: its length in bytes
			if !in.skip(in.read(5) * 8) {
				return 0, false
			}
		case mode == 14: // a request to the other side
			if !in.skip(requestSize(in.read(4))) {
				return 0, false
			}
		default: // the end, or nothing that exists
			return 0, false
		}
		if in.left() < header || in.read(1) == 1 {
			return 0, false
		}
	}
	return 0, false
}

// requestSize gives the length in bits of an in-band request (Speex manual, table 5.1).
func requestSize(code int) int {
	switch {
	case code < 2:
		return 1
	case code < 8:
		return 4
	case code < 10:
		return 8
	case code < 12:
		return 16
	case code < 14:
		return 32
	default:
		return 64
	}
}

// skipLayer passes over the layer above 4 kHz, if there is one.
func skipLayer(in *bits) bool {
	const header = 4
	sizes := [...]int{4, 36, 112, 192, 352}
	if in.left() < header || !in.peek() {
		return true
	}
	in.read(1)
	mode := in.read(3)
	return mode < len(sizes) && in.skip(sizes[mode]-header)
}

// bits reads a packet bit by bit, the highest first. What is beyond the end is 0.
type bits struct {
	packet []byte
	at     int
}

func (b *bits) left() int { return len(b.packet)*8 - b.at }

func (b *bits) peek() bool { return b.left() > 0 && b.packet[b.at/8]>>(7-b.at%8)&1 == 1 }

func (b *bits) read(count int) int {
	number := 0
	for range count {
		number <<= 1
		if b.peek() {
			number |= 1
		}
		b.at++
	}
	return number
}

func (b *bits) skip(count int) bool {
	b.at += count
	return b.left() >= 0
}
