package bridge

import "sync/atomic"

// ScoreBounds are the upper bounds of the buckets of Scores: mean opinion scores, the highest of which is 4.5.
func ScoreBounds() [scoreBuckets]float64 { return [...]float64{2, 2.5, 3, 3.5, 3.75, 4, 4.25, 4.5} }

const scoreBuckets = 8

// Scores counts mean opinion scores of legs.
type Scores struct {
	// Buckets counts those up to each of ScoreBounds that are above the one before.
	Buckets [scoreBuckets]uint64
	// Sum is that of all scores.
	Sum float64
}

// scoreCounts are the counters behind Scores; sum is in thousandths.
type scoreCounts struct {
	buckets [scoreBuckets]atomic.Uint64
	sum     atomic.Uint64
}

// count takes a score; 0 means that there is none.
func (c *scoreCounts) count(score float64) {
	if score == 0 {
		return
	}
	c.sum.Add(uint64(score * 1000))
	for i, bound := range ScoreBounds() {
		if score <= bound {
			c.buckets[i].Add(1)
			return
		}
	}
}

func (c *scoreCounts) stats() Scores {
	scores := Scores{Sum: float64(c.sum.Load()) / 1000}
	for i := range c.buckets {
		scores.Buckets[i] = c.buckets[i].Load()
	}
	return scores
}
