package quality

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// transform is the Fourier transform of values in place; there must be a power of two of them.
func transform(values []complex128) {
	n := len(values)
	shift := bits.UintSize - bits.Len(uint(n-1))
	for i := range values {
		if j := int(bits.Reverse(uint(i)) >> shift); n > 1 && i < j {
			values[i], values[j] = values[j], values[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		half, turns := size/2, make([]complex128, size/2)
		for k := range turns {
			turns[k] = cmplx.Rect(1, -2*math.Pi*float64(k)/float64(size))
		}
		for at := 0; at < n; at += size {
			for k, turn := range turns {
				even, odd := values[at+k], turn*values[at+k+half]
				values[at+k], values[at+k+half] = even+odd, even-odd
			}
		}
	}
}

// inverse undoes transform.
func inverse(values []complex128) {
	for i, value := range values {
		values[i] = cmplx.Conj(value)
	}
	transform(values)
	n := complex(float64(len(values)), 0)
	for i, value := range values {
		values[i] = cmplx.Conj(value) / n
	}
}

// padded is sound as complex numbers, with silence behind it.
func padded(pcm []int16, size int) []complex128 {
	values := make([]complex128, size)
	for i, sample := range pcm {
		values[i] = complex(float64(sample), 0)
	}
	return values
}
