package g722

// lowBand codes the band up to 4 kHz in 6 bits, of which the decoder's prediction uses the upper 4.
type lowBand struct {
	predictor
	scale
}

func newLowBand() lowBand { return lowBand{scale: scale{step: 32}} }

// Tables 14, 17 and 18 of the recommendation, by code.
//
//nolint:gochecknoglobals // tables of the recommendation; Go has no constant arrays
var (
	// lowLevels are the decision values of the 6-bit quantiser (Q6).
	lowLevels = [29]int32{
		35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
		1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	}
	// lowValues are what 6-bit codes decode to (QM6).
	lowValues = [64]int32{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704,
		-14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576,
		-3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192,
		10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032,
		1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	// lowCoarse is what the upper 4 bits of a code decode to (QM4).
	lowCoarse = [16]int32{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
		20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	}
	// lowMoves is how the upper 4 bits of a code move the logarithm of the step (WL by RL42).
	lowMoves = [16]int32{
		-60, 3042, 1198, 538, 334, 172, 58, -30,
		3042, 1198, 538, 334, 172, 58, -30, -60,
	}
)

// encode gives the code of a sample of 15 bits.
func (l *lowBand) encode(sample int32) byte {
	missed := saturate(sample - l.estimate)
	size := missed ^ missed>>31 // -1 is as large as 0
	level := l.level(size)
	var code int
	switch {
	case missed >= 0:
		code = 61 - level
	case level < 2:
		code = 63 - level
	default:
		code = 33 - level
	}
	l.adapt(byte(code))
	return byte(code)
}

// level gives how many decision values a size has reached.
func (l *lowBand) level(size int32) int {
	reached := 0
	for half := 16; half > 0; half /= 2 {
		next := reached + half
		if next <= len(lowLevels) && size >= lowLevels[next-1]*l.step>>12 {
			reached = next
		}
	}
	return reached
}

// decode gives the sample of a code, of 15 bits.
func (l *lowBand) decode(code byte) int32 {
	sample := clip15(l.estimate + l.step*lowValues[code]>>15)
	l.adapt(code)
	return sample
}

func (l *lowBand) adapt(code byte) {
	coarse := code >> 2
	difference := l.step * lowCoarse[coarse] >> 15
	l.move(lowMoves[coarse], 18432, 8)
	l.learn(difference)
}

// clip15 keeps a value in 15 bits.
func clip15(value int32) int32 { return max(min(value, 16383), -16384) }
