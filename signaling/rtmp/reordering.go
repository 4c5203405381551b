package rtmp

import (
	"math"
	"slices"
)

// maxReordered is how many pictures may come before one that is shown before them (H.264, max_num_reorder_frames).
const maxReordered = 16

// reordering finds out when pictures are decoded. RTP says only when they are shown; encoders that look ahead send some
// before others that are shown earlier (B pictures), and RTMP wants times that never go back, and by how much later
// each is shown. Until it is known how far a stream looks ahead, which its first few pictures tell, some are shown too
// late.
type reordering struct {
	// depth is how many pictures came before one that is shown before them, at most.
	depth int
	// newest has the times at which the newest pictures are shown, in milliseconds, and next is the place of the oldest;
	// waiting those at which none has been decoded, the earliest first.
	newest  [maxReordered]int64
	next    int
	waiting []int64
	// decoded is when the last one was, shown when; both count on beyond 32 bits.
	decoded, shown int64
	started        bool
}

// place gives the time in milliseconds of the message of the next picture, and by how many it is shown later: by
// maxLead at most, for those that still wait when the stream pauses say nothing of what comes afterwards, and the
// message has three bytes for it. The time at which it is shown wraps.
func (r *reordering) place(shown uint32) (decoded uint32, later int32) {
	if !r.started {
		r.started, r.shown, r.decoded = true, int64(shown), math.MinInt64
		for i := range r.newest {
			r.newest[i] = math.MinInt64
		}
	}
	at := r.shown + int64(int32(shown-uint32(r.shown)))
	r.shown = at
	overtaken := 0
	for _, before := range r.newest {
		if before > at {
			overtaken++
		}
	}
	r.depth = max(r.depth, overtaken)
	r.newest[r.next] = at
	r.next = (r.next + 1) % maxReordered
	r.decoded = max(r.decoded, r.earliest(at), at-maxLead)
	return uint32(r.decoded), int32(max(at-r.decoded, 0))
}

// earliest adds a time to those that wait, and takes out the earliest, if there are enough to know it.
func (r *reordering) earliest(at int64) int64 {
	place, _ := slices.BinarySearch(r.waiting, at)
	r.waiting = slices.Insert(r.waiting, place, at)
	if len(r.waiting) <= r.depth {
		return r.decoded
	}
	first := r.waiting[0]
	r.waiting = append(r.waiting[:0], r.waiting[1:]...)
	return first
}
