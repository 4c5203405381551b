// Package sequence puts the 16-bit sequence numbers of an RTP stream on an unbroken count, and tells
// packets that are new from those that are late, duplicate or strays.
package sequence

const (
	// windowSize is how many packets back a late one is still told from a duplicate.
	windowSize = 512
	// maxAhead is the largest jump forward that is believed at once (MAX_DROPOUT in RFC 3550 appendix A.1).
	maxAhead = 3000

	words = windowSize / 64
)

// Verdict says what a packet is to its stream.
type Verdict uint8

// The verdicts.
const (
	// First is the first packet of the stream, or of a stream that began anew: the count has jumped.
	First Verdict = iota
	// Ahead is newer than every packet before it.
	Ahead
	// Late comes after a newer one, for the first time.
	Late
	// Duplicate was seen before.
	Duplicate
	// Stray is so far from the others that it is dropped, unless its successor follows.
	Stray
)

// Window follows one stream. The zero value is ready. It is not safe for concurrent use.
type Window struct {
	started bool
	highest int64
	// seen has one bit for each of the last windowSize numbers, at number modulo windowSize.
	seen [words]uint64
	// suspect is the number that would prove the last stray right.
	suspect  uint16
	suspects bool
}

// Place gives the number of a packet in the unbroken count, and what the packet is. The number means
// nothing with Stray. As RFC 3550 appendix A.1 has it, a far jump is believed when two packets in
// a row agree on it.
func (w *Window) Place(seq uint16) (number int64, verdict Verdict) {
	if !w.started {
		return w.start(seq), First
	}
	diff := int64(int16(seq - uint16(w.highest)))
	if diff > maxAhead || diff <= -windowSize {
		if w.suspects && seq == w.suspect {
			return w.start(seq), First
		}
		w.suspect, w.suspects = seq+1, true
		return 0, Stray
	}
	w.suspects = false
	number = w.highest + diff
	if diff > 0 {
		w.advance(number)
		return number, Ahead
	}
	if w.has(number) {
		return number, Duplicate
	}
	w.mark(number)
	return number, Late
}

// start begins the count anew, ahead of every number given before.
func (w *Window) start(seq uint16) int64 {
	round := w.highest>>16 + 2
	*w = Window{started: true, highest: round<<16 | int64(seq)}
	w.mark(w.highest)
	return w.highest
}

func (w *Window) advance(number int64) {
	if number-w.highest >= windowSize {
		w.seen = [words]uint64{}
	} else {
		for n := w.highest + 1; n < number; n++ {
			w.seen[n/64%words] &^= 1 << (n % 64)
		}
	}
	w.highest = number
	w.mark(number)
}

func (w *Window) mark(number int64)     { w.seen[number/64%words] |= 1 << (number % 64) }
func (w *Window) has(number int64) bool { return w.seen[number/64%words]&(1<<(number%64)) != 0 }
