package g711

import "math/bits"

// Law is one of the two codes.
type Law uint8

// The laws.
const (
	MuLaw Law = iota + 1
	ALaw
)

const (
	muBias = 33   // added to a 14-bit magnitude, so that each segment begins at a power of two
	muClip = 8191 // the largest biased magnitude
)

// Encode turns samples into codes; it codes as many as fit into both.
func (l Law) Encode(pcm []int16, codes []byte) int {
	n := min(len(pcm), len(codes))
	if l == ALaw {
		for i, sample := range pcm[:n] {
			codes[i] = encodeALaw(sample)
		}
		return n
	}
	for i, sample := range pcm[:n] {
		codes[i] = encodeMuLaw(sample)
	}
	return n
}

// Decode turns codes into samples; it decodes as many as fit into both.
func (l Law) Decode(codes []byte, pcm []int16) int {
	n := min(len(pcm), len(codes))
	if l == ALaw {
		for i, code := range codes[:n] {
			pcm[i] = decodeALaw(code)
		}
		return n
	}
	for i, code := range codes[:n] {
		pcm[i] = decodeMuLaw(code)
	}
	return n
}

// encodeMuLaw follows ulaw_compress of ITU-T G.191: sign, three bits of segment, four of position in
// it, all inverted.
func encodeMuLaw(sample int16) byte {
	sign := sample >> 15 // 0 or -1
	magnitude := min(uint(sample^sign)>>2+muBias, muClip)
	segment := bits.Len(magnitude) - 6
	code := byte(segment<<4) | byte(magnitude>>(segment+1))&0x0f
	return ^(code | byte(sign)&0x80)
}

func decodeMuLaw(code byte) int16 {
	code = ^code
	segment := code >> 4 & 7
	magnitude := (int16(code&0x0f)<<1+muBias)<<segment - muBias
	if code&0x80 != 0 {
		return -magnitude << 2
	}
	return magnitude << 2
}

// encodeALaw follows alaw_compress of ITU-T G.191; every second bit is inverted.
func encodeALaw(sample int16) byte {
	sign := sample >> 15
	magnitude := uint(sample^sign) >> 4
	code := byte(magnitude)
	if segment := bits.Len(magnitude) - 4; segment > 1 {
		code = byte(segment<<4) | byte(magnitude>>(segment-1))&0x0f
	}
	return (code | ^byte(sign)&0x80) ^ 0x55
}

func decodeALaw(code byte) int16 {
	code ^= 0x55
	segment := code >> 4 & 7
	magnitude := int16(code&0x0f)<<1 + 1 // the middle of the step
	if segment > 0 {
		magnitude = (magnitude + 32) << (segment - 1)
	}
	if code&0x80 == 0 {
		return -magnitude << 3
	}
	return magnitude << 3
}
