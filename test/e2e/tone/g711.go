package tone

import "math/bits"

// The codecs here are written for the tests alone, from ITU-T G.711, so that the service's own cannot hide
// a fault of theirs.

// MuLaw is the G.711 µ-law octet of a sample.
func MuLaw(sample int16) byte {
	const bias = 132
	magnitude, sign := int(sample), byte(0)
	if magnitude < 0 {
		magnitude, sign = -magnitude, 0x80
	}
	magnitude = min(magnitude, 32635) + bias
	exponent := bits.Len(uint(magnitude)) - 8
	return ^(sign | byte(exponent)<<4 | byte(magnitude>>(exponent+3))&0x0f)
}

// FromMuLaw is the sample of a G.711 µ-law octet.
func FromMuLaw(octet byte) int16 {
	octet = ^octet
	magnitude := (int(octet&0x0f)<<3+132)<<(octet>>4&7) - 132
	if octet&0x80 != 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

// ALaw is the G.711 A-law octet of a sample.
func ALaw(sample int16) byte {
	magnitude, sign := int(sample), byte(0x80)
	if magnitude < 0 {
		magnitude, sign = -magnitude-1, 0
	}
	exponent := max(bits.Len(uint(magnitude))-8, 0)
	mantissa := magnitude >> max(exponent+3, 4) & 0x0f
	return (sign | byte(exponent)<<4 | byte(mantissa)) ^ 0x55
}

// FromALaw is the sample of a G.711 A-law octet.
func FromALaw(octet byte) int16 {
	octet ^= 0x55
	exponent, magnitude := octet>>4&7, int(octet&0x0f)<<4+8
	if exponent > 0 {
		magnitude = (magnitude + 256) << (exponent - 1)
	}
	if octet&0x80 == 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}
