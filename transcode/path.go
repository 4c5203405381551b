package transcode

// path is the way of sound from one codec to another: the sample rates in Hz at which it is decoded and encoded.
type path struct{ decode, encode int }

// resamples tells whether the two rates differ.
func (p path) resamples() bool { return p.decode != p.encode }

// cheapest gives the path with the least work that keeps the bandwidth that both codecs have. A path
// without resampling is cheaper than any with; among those the lower rates are.
func cheapest(from, to implementation) path {
	bandwidth := min(from.rates[0], to.rates[0])
	best := path{decode: from.rates[0], encode: to.rates[0]}
	for _, decode := range from.rates {
		for _, encode := range to.rates {
			candidate := path{decode: decode, encode: encode}
			if min(decode, encode) >= bandwidth && candidate.cheaper(best) {
				best = candidate
			}
		}
	}
	return best
}

func (p path) cheaper(other path) bool {
	if p.resamples() != other.resamples() {
		return !p.resamples()
	}
	return p.decode+p.encode < other.decode+other.encode
}
