package descriptor

// Bits of the descriptor of VP8 (RFC 7741 section 4.2), and of the picture's header (section 4.3).
const (
	vp8Extended   = 0x80 // X
	vp8Begins     = 0x10 // S: a partition begins
	vp8Partition  = 0x07 // PID
	vp8PictureID  = 0x80 // I
	vp8Level      = 0x40 // L: TL0PICIDX
	vp8Layer      = 0x20 // T
	vp8KeyIndex   = 0x10 // K
	vp8Predicted  = 0x01 // P: the inverse of a key frame
	longPictureID = 0x80 // M, of VP8 and VP9
)

// VP8 reads payloads of VP8.
type VP8 struct{}

// Begins tells whether decoding can begin with a payload.
func (VP8) Begins(content []byte) bool {
	size := vp8Size(content)
	return size > 0 && size < len(content) && content[0]&(vp8Begins|vp8Partition) == vp8Begins &&
		content[size]&vp8Predicted == 0
}

// Cut gives keep the parts of a payload, each no larger than most bytes and valid until keep returns. Each has the
// descriptor of the whole, but only in the first a partition begins. What is no VP8 gives none.
func (VP8) Cut(content []byte, most int, keep func(part []byte)) {
	size := vp8Size(content)
	if size == 0 || size >= most {
		return
	}
	head := append([]byte(nil), content[:size]...)
	parts(content[size:], most-size, func(first, _ bool) []byte {
		if !first {
			head[0] &^= vp8Begins
		}
		return head
	}, keep)
}

// vp8Size is that of a descriptor in bytes; 0 if there is none.
func vp8Size(content []byte) int {
	if len(content) < 1 {
		return 0
	}
	if content[0]&vp8Extended == 0 {
		return 1
	}
	if len(content) < 2 {
		return 0
	}
	size, has := 2, content[1]
	if has&vp8PictureID != 0 {
		if len(content) <= size {
			return 0
		}
		size += pictureIDSize(content[size])
	}
	if has&vp8Level != 0 {
		size++
	}
	if has&(vp8Layer|vp8KeyIndex) != 0 {
		size++
	}
	if size > len(content) {
		return 0
	}
	return size
}

// pictureIDSize is that of the picture ID which begins with a byte.
func pictureIDSize(first byte) int {
	if first&longPictureID != 0 {
		return 2
	}
	return 1
}
