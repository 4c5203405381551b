package g722

// taps is the length of the quadrature mirror filter.
const taps = 24

// mirrorFilter splits sound into two bands, or joins them (ITU-T G.722 clauses 5.2.1 and 5.2.2, tables 11 and 12).
// The zero value is silence.
type mirrorFilter struct {
	// past is the last sound, or, when joining, the sums and differences of the bands in turn.
	past [taps]int32
}

// coefficients is one half of the filter, times 8192; the other half is its mirror.
//
//nolint:gochecknoglobals // a table of the recommendation; Go has no constant arrays
var coefficients = [taps / 2]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}

// add takes in two values and gives the sums over those at even and at odd places.
func (f *mirrorFilter) add(first, second int32) (even, odd int32) {
	copy(f.past[:], f.past[2:])
	f.past[taps-2], f.past[taps-1] = first, second
	for i, coefficient := range &coefficients {
		even += f.past[2*i] * coefficient
		odd += f.past[taps-1-2*i] * coefficient
	}
	return even, odd
}

// split gives of two samples one of the low band and one of the high band, of 15 bits.
func (f *mirrorFilter) split(first, second int16) (low, high int32) {
	even, odd := f.add(int32(first), int32(second))
	return (odd + even) >> 14, (odd - even) >> 14
}

// join undoes split.
func (f *mirrorFilter) join(low, high int32) (first, second int16) {
	even, odd := f.add(low+high, low-high)
	return int16(saturate(odd >> 11)), int16(saturate(even >> 11))
}
