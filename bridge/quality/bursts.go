package quality

// leastGap is how many packets in a row must come to end a burst of losses: Gmin of RFC 3611 section 4.7.2, which
// recommends 16.
const leastGap = 16

// bursts tells losses that come together from those that come alone, as RFC 3611 section 4.7.2 defines the two. A gap
// is all that is in no burst.
type bursts struct {
	// since is what came since the last loss.
	since uint64
	// lost and between are what was lost, and came between, since the first of the losses that belong together now.
	lost, between uint64
	// number of bursts that are over, what was lost in them and what came.
	number, burstLost, burstCame uint64
	// gapLost and gapCame are the same of gaps.
	gapLost, gapCame uint64
}

func (b *bursts) came() { b.since++ }

// lose counts losses in a row.
func (b *bursts) lose(count uint64) {
	switch {
	case count == 0:
		return
	case b.lost > 0 && b.since < leastGap:
		b.between += b.since
		b.lost += count
	default:
		b.settle()
		b.gapCame += b.since
		b.lost = count
	}
	b.since = 0
}

// settle decides what the losses were that belong together.
func (b *bursts) settle() {
	if b.lost > 1 {
		b.number++
		b.burstLost += b.lost
		b.burstCame += b.between
	} else {
		b.gapLost += b.lost
	}
	b.lost, b.between = 0, 0
}

// shape is what a report says of bursts and gaps: the share of packets that is lost in them, from 0 to 1, and how many
// packets they last.
type shape struct{ burstDensity, gapDensity, burstLength, gapLength float64 }

// shape sums up, as if nothing more were lost.
func (b bursts) shape() shape {
	b.settle()
	b.gapCame += b.since
	inBursts, inGaps, number := b.burstLost+b.burstCame, b.gapLost+b.gapCame, max(b.number, 1)
	return shape{
		burstDensity: part(b.burstLost, inBursts), burstLength: part(inBursts, number),
		gapDensity: part(b.gapLost, inGaps), gapLength: part(inGaps, number),
	}
}

func part(of, whole uint64) float64 { return float64(of) / float64(max(whole, 1)) }
