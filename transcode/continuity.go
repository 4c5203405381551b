package transcode

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"sipbridge/transcode/sequence"
)

const (
	// maxHoles is how many missing packets are remembered; with more only a full picture helps.
	maxHoles = 128
	// leastRepair and mostRepair bound how long a packet that is missing may still come. It is as long as those took that
	// came late, and half of that; few wait longer to show the next picture.
	leastRepair, mostRepair = 100 * time.Millisecond, 250 * time.Millisecond
	// patientAsks is how often a full picture is asked for every askPause; a source that never makes one is asked less
	// and less often then, up to every mostPause.
	patientAsks = 8
	mostPause   = 10 * time.Second
)

// continuity follows pictures that pass through, as far as that shows whether who gets them can decode them: it knows
// which packets are missing, and with which ones decoding can begin. While it cannot, the source is asked for a full
// picture. It waits for nothing by itself, but looks when a packet comes. It belongs to one goroutine, but for its
// counts.
type continuity struct {
	ask func()

	started bool
	ssrc    uint32
	window  sequence.Window
	next    int64  // number after the newest packet
	holes   []hole // the oldest first
	// lost tells that nothing helps but a full picture; full is the number with which the last one began.
	lost bool
	full int64
	// repair is how long a missing packet is waited for.
	repair time.Duration

	broken bool      // what lost was when the last packet came
	asked  time.Time // when a full picture was asked for
	asks   int       // how often since nothing else helps

	// counted is up to when brokenFor counts; zero while no loss is why nothing can be decoded.
	counted   time.Time
	brokenFor atomic.Int64 // nanoseconds
}

// hole is a packet that did not come.
type hole struct {
	number int64
	since  time.Time
}

func newContinuity(ask func()) *continuity { return &continuity{ask: ask, repair: leastRepair} }

// take takes a packet that came now.
func (c *continuity) take(packet *rtp.Packet, begins bool, now time.Time) {
	if !c.started || packet.SSRC != c.ssrc {
		c.started, c.ssrc, c.window = true, packet.SSRC, sequence.Window{}
	}
	number, verdict := c.window.Place(packet.SequenceNumber)
	switch verdict {
	case sequence.First:
		c.holes, c.lost = c.holes[:0], true
		c.next = number + 1
	case sequence.Ahead:
		c.miss(number, now)
	case sequence.Late:
		c.found(number, now)
	default:
		return
	}
	if begins && (c.lost || number > c.full) {
		c.lost, c.full = false, number
		c.holes = slices.DeleteFunc(c.holes, func(missing hole) bool { return missing.number < number })
	}
	c.judge(now)
}

// miss notes the holes before a packet that is newer than all others.
func (c *continuity) miss(number int64, now time.Time) {
	if number-c.next+int64(len(c.holes)) > maxHoles {
		c.holes = c.holes[:0]
		c.lose(now)
	} else {
		for missing := c.next; missing < number; missing++ {
			c.holes = append(c.holes, hole{number: missing, since: now})
		}
	}
	c.next = number + 1
}

// found notes that a packet came after all, and learns how long that takes.
func (c *continuity) found(number int64, now time.Time) {
	i := slices.IndexFunc(c.holes, func(missing hole) bool { return missing.number == number })
	if i < 0 {
		return
	}
	took := now.Sub(c.holes[i].since)
	c.repair = min(max(leastRepair, took+took/2, c.repair-c.repair/16), mostRepair)
	c.holes = slices.Delete(c.holes, i, i+1)
}

// lose notes that nothing can be decoded, since packets are missing that were due at a time.
func (c *continuity) lose(since time.Time) {
	c.lost = true
	if c.counted.IsZero() {
		c.counted = since
	}
}

// judge finds out whether pictures can be decoded now, and asks for a full one if not.
func (c *continuity) judge(now time.Time) {
	if len(c.holes) > 0 && now.Sub(c.holes[0].since) >= c.repair {
		c.lose(c.holes[0].since)
	}
	c.count(now)
	if c.lost && !c.broken {
		c.asks = 0
	}
	c.broken = c.lost
	if c.lost && now.Sub(c.asked) >= c.pause() {
		c.asked = now
		c.asks++
		c.ask()
	}
}

// count counts how long nothing can be decoded for want of packets, also while that lasts.
func (c *continuity) count(now time.Time) {
	if c.counted.IsZero() {
		return
	}
	c.brokenFor.Add(int64(now.Sub(c.counted)))
	c.counted = now
	if !c.lost {
		c.counted = time.Time{}
	}
}

// pause is the least time between two requests.
func (c *continuity) pause() time.Duration {
	if c.asks < patientAsks {
		return askPause
	}
	return min(askPause<<min(c.asks-patientAsks, 6), mostPause)
}
