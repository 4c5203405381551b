package quality

import "time"

const (
	// clockStep is how far a sender report may be off what those before it let expect; beyond that, the party has set its
	// clock.
	clockStep = 2 * time.Second
	// clockCatchUp is the share of its lateness by which a report that came late is believed: clocks drift apart.
	clockCatchUp = 32
)

// Clock says when, by our clock, something happened at a party, by its sender reports. All streams of a party have one,
// so that what it did at one time has one time here. It goes by the report that was fastest on its way. The zero value
// is ready. Who uses it locks.
type Clock struct {
	since time.Time // the zero of our readings; zero before the first report
	// behind is how far the party's reading is behind ours.
	behind time.Duration
}

// Moment takes the NTP time of a report that came now, and gives the moment that it stands for; it reports false for
// one without a time (RFC 3550 section 6.4.1).
func (c *Clock) Moment(ntp uint64, now time.Time) (at time.Time, ok bool) {
	if ntp == 0 {
		return time.Time{}, false
	}
	first := c.since.IsZero()
	if first {
		c.since = now
	}
	const second = uint64(time.Second)
	behind := now.Sub(c.since) - time.Duration(ntp>>32*second+(ntp&0xffffffff)*second>>32)
	late := behind - c.behind
	switch {
	case first, late < 0, late > clockStep:
		c.behind = behind
	default:
		c.behind += late / clockCatchUp
	}
	return now.Add(c.behind - behind), true
}
