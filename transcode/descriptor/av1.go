package descriptor

// Bits of the aggregation header of AV1 (RTP Payload Format For AV1, section 4.4).
const (
	av1Continues = 0x80 // Z: the first element goes on from the packet before
	av1GoesOn    = 0x40 // Y: the last element goes on in the next packet
	av1Count     = 0x30 // W: how many elements there are; 0 if each has its length
	av1Sequence  = 0x08 // N: a coded video sequence begins
	av1One       = 0x10 // W of one element
)

// AV1 reads payloads of AV1.
type AV1 struct{}

// Begins tells whether decoding can begin with a payload.
func (AV1) Begins(content []byte) bool {
	return len(content) > 1 && content[0]&(av1Sequence|av1Continues) == av1Sequence
}

// Cut gives keep the parts of a payload, each no larger than most bytes and valid until keep returns: each element
// (OBU, or fragment of one) in a packet of its own, or in several. What is no AV1 gives none.
func (AV1) Cut(content []byte, most int, keep func(part []byte)) {
	elements, ok := av1Elements(content)
	if !ok || most < 2 {
		return
	}
	begins := content[0] & av1Sequence
	for i, element := range elements {
		firstOfAll, lastOfAll := i == 0, i == len(elements)-1
		parts(element, most-1, func(first, last bool) []byte {
			head := byte(av1One)
			switch {
			case !first:
				head |= av1Continues
			case firstOfAll:
				head |= content[0]&av1Continues | begins
			}
			switch {
			case !last:
				head |= av1GoesOn
			case lastOfAll:
				head |= content[0] & av1GoesOn
			}
			return []byte{head}
		}, keep)
	}
}

// av1Elements gives the elements of a payload; false if it is ill-formed.
func av1Elements(content []byte) (elements [][]byte, ok bool) {
	if len(content) < 2 {
		return nil, false
	}
	count, rest := int(content[0]&av1Count>>4), content[1:]
	for len(rest) > 0 {
		size, length := len(rest), 0
		if last := count > 0 && len(elements) == count-1; !last {
			if size, length = leb128(rest); length == 0 || size > len(rest)-length {
				return nil, false
			}
		}
		element := rest[length : length+size]
		if len(element) == 0 {
			return nil, false
		}
		elements = append(elements, element)
		rest = rest[length+size:]
	}
	return elements, count == 0 || len(elements) == count
}

// leb128 reads a number (AV1 bitstream specification section 4.10.5) and its length in bytes; 0 for none.
func leb128(content []byte) (value, length int) {
	const most = 4 // bytes; more than a packet has
	for i := range min(len(content), most) {
		value |= int(content[i]&0x7f) << (7 * i)
		if content[i]&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}
