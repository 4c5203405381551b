package g722

// highBand codes the band from 4 to 8 kHz in 2 bits.
type highBand struct {
	predictor
	scale
}

func newHighBand() highBand { return highBand{scale: scale{step: 8}} }

// highLevel is the decision value of the 2-bit quantiser (Q2).
const highLevel = 564

// Tables 20 and 21 of the recommendation, by code.
//
//nolint:gochecknoglobals // tables of the recommendation; Go has no constant arrays
var (
	// highValues are what codes decode to (QM2).
	highValues = [4]int32{-7408, -1616, 7408, 1616}
	// highMoves is how codes move the logarithm of the step (WH by RH2).
	highMoves = [4]int32{798, -214, 798, -214}
)

// encode gives the code of a sample of 15 bits.
func (h *highBand) encode(sample int32) byte {
	missed := saturate(sample - h.estimate)
	size := missed ^ missed>>31 // -1 is as large as 0
	var code byte
	if missed >= 0 {
		code = 2
	}
	if size < highLevel*h.step>>12 {
		code++
	}
	h.adapt(code)
	return code
}

// decode gives the sample of a code, of 15 bits.
func (h *highBand) decode(code byte) int32 {
	return clip15(h.adapt(code))
}

// adapt learns from a code, and gives the sample that it stands for.
func (h *highBand) adapt(code byte) int32 {
	difference := h.step * highValues[code] >> 15
	sample := saturate(h.estimate + difference)
	h.move(highMoves[code], 22528, 10)
	h.learn(difference)
	return sample
}
