package g722

// predictor guesses the next sample of a band from what was decoded of it: two poles, which follow the tone, and
// six zeros. Encoder and decoder run the same one on the same codes, so nothing is said about it
// on the wire (ITU-T G.722 clauses 3.6 and 6.2.1.4, "block 4"). The zero value is the start.
type predictor struct {
	// estimate is the guess (SL or SH of the recommendation), zeros the part of it that the zeros gave (SZ).
	estimate, zeros int32

	r [2]int32 // reconstructed samples, the last first
	p [2]int32 // partly reconstructed: without the poles' part
	d [6]int32 // differences that were coded
	a [2]int32 // coefficients of the poles, times 16384
	b [6]int32 // coefficients of the zeros, times 16384
}

// learn takes the decoded difference between the sample and the estimate, and makes the next estimate.
func (x *predictor) learn(difference int32) {
	r0 := saturate(x.estimate + difference)
	p0 := saturate(x.zeros + difference)
	x.adaptPoles(p0)
	x.adaptZeros(difference)
	x.r[1], x.r[0] = x.r[0], r0
	x.p[1], x.p[0] = x.p[0], p0
	copy(x.d[1:], x.d[:5])
	x.d[0] = difference

	poles := saturate(x.a[0]*saturate(2*x.r[0])>>15 + x.a[1]*saturate(2*x.r[1])>>15)
	x.zeros = 0
	for i := range x.d {
		x.zeros += x.b[i] * saturate(2*x.d[i]) >> 15
	}
	x.zeros = saturate(x.zeros)
	x.estimate = saturate(poles + x.zeros)
}

// adaptPoles is UPPOL2 and UPPOL1: the coefficients move with the signs of the last values and leak toward zero,
// and are kept where the filter is stable.
func (x *predictor) adaptPoles(p0 int32) {
	toward := saturate(4 * x.a[0])
	if sameSign(p0, x.p[0]) {
		toward = min(-toward, 32767)
	}
	second := signed(128, p0, x.p[1]) + toward>>7 + x.a[1]*32512>>15
	x.a[1] = max(min(second, 12288), -12288)

	first := saturate(signed(192, p0, x.p[0]) + x.a[0]*32640>>15)
	limit := 15360 - x.a[1]
	x.a[0] = max(min(first, limit), -limit)
}

// adaptZeros is UPZERO.
func (x *predictor) adaptZeros(d0 int32) {
	step := int32(128)
	if d0 == 0 {
		step = 0
	}
	for i := range x.b {
		x.b[i] = saturate(signed(step, d0, x.d[i]) + x.b[i]*32640>>15)
	}
}

// signed gives the value, negative if the signs of x and y differ; zero counts as positive.
func signed(value, x, y int32) int32 {
	if sameSign(x, y) {
		return value
	}
	return -value
}

func sameSign(x, y int32) bool { return x^y >= 0 }

// saturate keeps a value in 16 bits.
func saturate(value int32) int32 { return max(min(value, 32767), -32768) }
