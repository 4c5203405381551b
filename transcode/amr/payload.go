package amr

import "errors"

// The errors of this package.
var (
	// ErrMalformed says that a payload is none of this format.
	ErrMalformed = errors.New("amr: malformed payload")
	// ErrRoom says that a packet or frame does not fit into the buffer given for it.
	ErrRoom = errors.New("amr: buffer too small")
)

const (
	// mostFrames bounds a packet to 240 ms.
	mostFrames = 12
	// FrameRoom is what a frame takes at most, in bytes: a header and 477 bits.
	FrameRoom = 61
)

// Request gives the mode that a party asks for in a payload of either form (CMR, RFC 4867 sections 4.3.1 and 4.4.1).
func Request(payload []byte) int {
	if len(payload) == 0 {
		return NoRequest
	}
	return int(payload[0] >> 4)
}

// Unpack gives each frame of a payload in the form of files (RFC 4867 section 5.3): a byte with type and quality, and
// the bits of the speech. A frame is valid until the next. The error is ErrMalformed, or that of take.
func (f Format) Unpack(payload []byte, take func(frame []byte) error) error {
	r := &bits{raw: payload}
	r.skip(f.width(4)) // the mode that the party wants of us; see Request
	var types [mostFrames]byte
	count := 0
	for more := true; more; count++ {
		if count == mostFrames || r.left() < f.width(6) {
			return ErrMalformed
		}
		entry := r.read(6)
		r.skip(f.width(6) - 6)
		more, types[count] = entry&0x20 != 0, entry&0x1f
	}
	lengths := f.Band.bits()
	var frame [FrameRoom]byte
	for _, entry := range types[:count] {
		length := lengths[entry>>1]
		if length < 0 || r.left() < length {
			return ErrMalformed
		}
		frame[0] = entry << 2
		size := 1 + r.copy(frame[1:], length)
		r.skip(f.width(length) - length)
		if err := take(frame[:size]); err != nil {
			return err
		}
	}
	return nil
}

// width gives how many bits so many take: all are whole bytes in the octet-aligned form.
func (f Format) width(length int) int {
	if f.OctetAligned {
		return (length + 7) / 8 * 8
	}
	return length
}

// Pack makes a payload of frames in the form of files, one behind the other, and gives its size. The error is
// ErrMalformed if that is not what they are, or ErrRoom.
func (f Format) Pack(frames, payload []byte) (int, error) {
	clear(payload)
	w := &bits{raw: payload}
	lengths := f.Band.bits()
	var starts [mostFrames]int
	count := 0
	for at := 0; at < len(frames); count++ {
		length := lengths[frames[at]>>3&0xf]
		if count == mostFrames || length < 0 || at+1+(length+7)/8 > len(frames) {
			return 0, ErrMalformed
		}
		starts[count] = at
		at += 1 + (length+7)/8
	}
	ok := count > 0 && w.write(NoRequest, 4, f.width(4))
	for i, at := range starts[:count] {
		entry := frames[at] >> 2 & 0x1f
		if i < count-1 {
			entry |= 0x20
		}
		ok = ok && w.write(entry, 6, f.width(6))
	}
	for _, at := range starts[:count] {
		length := lengths[frames[at]>>3&0xf]
		ok = ok && w.put(frames[at+1:], length, f.width(length))
	}
	if !ok {
		return 0, ErrRoom
	}
	return (w.at + 7) / 8, nil
}
