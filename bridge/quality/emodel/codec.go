package emodel

import "strings"

// impairment is what a codec does to speech.
type impairment struct {
	alone      float64 // Ie, without any loss
	robustness float64 // Bpl: the higher, the less a loss is heard
}

// impairmentOf gives the provisional planning values of ITU-T G.113 (11/2007), appendix I, where there are some: for
// G.711 and G.729A as other programs have them, too; the others were not compared.
func impairmentOf(codec string) impairment {
	switch strings.ToUpper(codec) {
	case "G729":
		return impairment{11, 19.0} // G.729A with voice activity detection
	case "G723":
		return impairment{15, 16.1} // G.723.1 at 6.3 kbit/s with voice activity detection
	case "GSM-EFR", "AMR":
		return impairment{5, 10.0} // AMR at 12.2 kbit/s is GSM-EFR
	case "GSM":
		return impairment{20, 10.0} // of full rate only Ie is given; the rest is GSM-EFR's
	default:
		// G.711 with its concealment (G.711, appendix I). Nothing is given for Opus, Speex and G.722 on this scale; each of
		// them conceals a loss, and sounds no worse than G.711.
		return impairment{0, 25.1}
	}
}
