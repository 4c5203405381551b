package descriptor

// Bits of the descriptor of VP9 (RFC 9628 section 4.2).
const (
	vp9PictureID = 0x80 // I
	vp9Predicted = 0x40 // P
	vp9Layers    = 0x20 // L
	vp9Flexible  = 0x10 // F
	vp9Begins    = 0x08 // B
	vp9Ends      = 0x04 // E
	vp9Structure = 0x02 // V

	vp9Spatial   = 0x0e // SID, of the layer indices
	vp9More      = 0x01 // N, of a P_DIFF
	vp9MostDiffs = 3

	vp9Sizes      = 0x10 // Y, of the scalability structure
	vp9Group      = 0x08 // G
	vp9References = 0x0c // R, of a picture in the group
)

// VP9 reads payloads of VP9.
type VP9 struct{}

// vp9Head is what a descriptor says: where in it the scalability structure is, if it has one, and its size in bytes.
type vp9Head struct {
	structure, size int
	layer           byte // SID
}

// Begins tells whether decoding can begin with a payload.
func (VP9) Begins(content []byte) bool {
	head, ok := vp9Read(content)
	return ok && content[0]&(vp9Predicted|vp9Begins) == vp9Begins && head.layer == 0
}

// Cut gives keep the parts of a payload, each no larger than most bytes and valid until keep returns. Each has the
// descriptor of the whole, but a frame begins only in the first, which alone has the scalability structure, and ends
// only in the last. What is no VP9 gives none.
func (VP9) Cut(content []byte, most int, keep func(part []byte)) {
	read, ok := vp9Read(content)
	if !ok || read.size >= most {
		return
	}
	begin := append([]byte(nil), content[:read.size]...)
	rest := append([]byte(nil), content[:read.structure]...)
	begin[0] &^= vp9Ends
	rest[0] &^= vp9Begins | vp9Ends | vp9Structure
	parts(content[read.size:], most-read.size, func(first, last bool) []byte {
		head := rest
		if first {
			head = begin
		}
		if last {
			head[0] |= content[0] & vp9Ends
		}
		return head
	}, keep)
}

// vp9Read reads a descriptor; false if it is cut off.
func vp9Read(content []byte) (head vp9Head, ok bool) {
	if len(content) < 1 {
		return head, false
	}
	has, at := content[0], 1
	peek := func(at int) byte {
		if at < len(content) {
			return content[at]
		}
		return 0
	}
	if has&vp9PictureID != 0 {
		at += pictureIDSize(peek(at))
	}
	if has&vp9Layers != 0 {
		head.layer = peek(at) & vp9Spatial
		at++
		if has&vp9Flexible == 0 {
			at++ // TL0PICIDX
		}
	}
	if has&vp9Flexible != 0 && has&vp9Predicted != 0 {
		for more, count := true, 0; more && count < vp9MostDiffs; count++ {
			more = peek(at)&vp9More != 0
			at++
		}
	}
	head.structure = at
	if has&vp9Structure != 0 {
		at += vp9StructureSize(peek, at)
	}
	head.size = at
	return head, at <= len(content)
}

// vp9StructureSize is that of the scalability structure at a place, in bytes.
func vp9StructureSize(peek func(int) byte, at int) int {
	const sizeOfLayer = 4
	begin, has := at, peek(at)
	at++
	if has&vp9Sizes != 0 {
		at += sizeOfLayer * int(has>>5+1)
	}
	if has&vp9Group != 0 {
		pictures := int(peek(at))
		at++
		for range pictures {
			at += 1 + int(peek(at)&vp9References>>2)
		}
	}
	return at - begin
}
