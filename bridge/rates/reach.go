package rates

import (
	"time"

	"github.com/pion/rtcp"
)

// Reach is how much of our pictures reaches a party: what it tells by REMB or TMMBR, as far as what it reports to have
// lost lets us believe that. The zero value is ready. It is not safe for concurrent use.
type Reach struct {
	told   uint64 // by the party; 0 if it did not
	loss   loss
	notice Notice
}

// Told takes the rate that a party tells, in bit/s. It gives what to pass on, and tells whether that is news.
func (r *Reach) Told(bitrate uint64, now time.Time) (uint64, bool) {
	r.told = max(bitrate, least)
	return r.notice.Take(r.bitrate(), now)
}

// Reported takes what a party reports of our stream, of which so many octets were sent so far. It gives what to pass
// on, and tells whether that is news.
func (r *Reach) Reported(block rtcp.ReceptionReport, octets uint64, now time.Time) (uint64, bool) {
	r.loss.take(block, octets, now)
	if r.loss.bitrate == 0 {
		return 0, false
	}
	return r.notice.Take(r.bitrate(), now)
}

// bitrate is the lower one of both.
func (r *Reach) bitrate() uint64 {
	if r.told == 0 || r.loss.bitrate != 0 && r.loss.bitrate < r.told {
		return r.loss.bitrate
	}
	return r.told
}
