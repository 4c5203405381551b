package rates

import (
	"math"
	"time"

	"github.com/pion/rtcp"
)

const (
	// lossFalls and lossRises are the shares of lost packets, in 1/256, above which the rate falls, and below which it
	// rises again: a tenth, and a fiftieth.
	lossFalls, lossRises = 256 / 10, 256 / 50
	// fallPause is the least time between two falls: before that no report knows of the one before.
	fallPause = 300 * time.Millisecond
	// enoughPackets is how many packets it takes to say how many of them are lost.
	enoughPackets = 20
	// rise is by how much the rate rises in a second, longestRise the longest time that one report counts for.
	rise        = 1.08
	longestRise = 5 * time.Second
	// mostByLoss is where the rate rises no more, in bit/s: more than browsers make of pictures.
	mostByLoss = 8_000_000
)

// loss finds how much a path carries by what is lost on it: the rate falls by half of the share that is lost if that
// is more than a tenth, and rises slowly once next to nothing is, as browsers do it themselves. In between it stays.
// The zero value is ready.
type loss struct {
	// bitrate is what the path carries, in bit/s; 0 while there is nothing that speaks against any.
	bitrate uint64

	known   bool
	highest uint32 // number of the last packet that was reported on
	// expected and lost count packets, lost ones in 1/256, octets is what had been sent; they are counted since at.
	expected, lost uint64
	octets         uint64
	at             time.Time
	fell           time.Time
}

// take takes what a party reports of our stream, of which so many octets were sent so far.
func (l *loss) take(block rtcp.ReceptionReport, octets uint64, now time.Time) {
	if ahead := int32(block.LastSequenceNumber - l.highest); l.known && ahead > 0 {
		l.expected += uint64(ahead)
		l.lost += uint64(ahead) * uint64(block.FractionLost)
	}
	if !l.known {
		l.at, l.octets = now, octets
	}
	l.known, l.highest = true, block.LastSequenceNumber
	length := now.Sub(l.at)
	if l.expected < enoughPackets || length <= 0 {
		return
	}
	sent := uint64(float64(octets-min(l.octets, octets)) * 8 / length.Seconds())
	l.judge(l.lost/l.expected, sent, length, now)
	l.expected, l.lost, l.octets, l.at = 0, 0, octets, now
}

// judge changes the rate, when a share of what was sent in bit/s for a time was lost.
func (l *loss) judge(share, sent uint64, length time.Duration, now time.Time) {
	switch {
	case share > lossFalls && now.Sub(l.fell) >= fallPause:
		if l.bitrate == 0 || sent < l.bitrate {
			l.bitrate = sent
		}
		l.bitrate = max(l.bitrate-l.bitrate*share/512, least)
		l.fell = now
	case share <= lossRises && l.bitrate > 0:
		grown := float64(l.bitrate) * math.Pow(rise, min(length, longestRise).Seconds())
		l.bitrate = min(uint64(grown)+1000, mostByLoss)
	}
}
