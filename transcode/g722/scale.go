package g722

// scale is the size of a quantiser's steps, which follows the loudness of its band. It is kept as a
// logarithm (ITU-T G.722 clause 6.2.1.3, "block 3L" and "block 3H").
type scale struct {
	// logarithm to base 2, times 2048 (NABLA).
	logarithm int32
	// step is DETL or DETH.
	step int32
}

// powers are 2048 times the 32 powers of 2 from 2^0 to 2^(31/32): ILB, table 16.
//
//nolint:gochecknoglobals // a table of the recommendation; Go has no constant arrays
var powers = [32]int32{
	2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
}

// move makes the steps wider or narrower; most bounds the logarithm, and bits is the exponent of the smallest step.
func (s *scale) move(by, most, bits int32) {
	s.logarithm = max(min(s.logarithm*127>>7+by, most), 0)
	step := powers[s.logarithm>>6&31]
	if down := bits - s.logarithm>>11; down >= 0 {
		step >>= down
	} else {
		step <<= -down
	}
	s.step = step << 2
}
