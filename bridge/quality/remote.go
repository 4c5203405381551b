package quality

import (
	"time"

	"github.com/pion/rtcp"
)

// Remote is what the party tells of our stream. Who uses it locks.
type Remote struct {
	reported  bool
	lost      uint64
	jitter    uint32 // in timestamp units
	roundTrip time.Duration
	score     float64 // as the party rates it; 0 if it does not
}

// Take notes a report block about our stream (RFC 3550 section 6.4.1). The count of losses is signed, in 24 bits;
// duplicates make it negative.
func (r *Remote) Take(block rtcp.ReceptionReport, now time.Time) {
	r.reported, r.lost, r.jitter = true, 0, block.Jitter
	if block.TotalLost < 1<<23 {
		r.lost = uint64(block.TotalLost)
	}
	if block.LastSenderReport != 0 {
		r.measure(block.LastSenderReport, block.Delay, now)
	}
}

// measure takes the round trip of a time of ours that came back after a delay, in units of 1/65536 s (RFC 3550
// section 6.4.1, figure 2).
func (r *Remote) measure(sent, delay uint32, now time.Time) {
	if units := int32(CompactNTP(now) - sent - delay); units >= 0 {
		r.roundTrip = time.Duration(units) * time.Second / 65536
	}
}

// RoundTrip is the last known one; 0 if there is none.
func (r *Remote) RoundTrip() time.Duration { return r.roundTrip }

// Into puts what is known into Stats. Clock is the rate of our timestamps in Hz; 0 leaves the jitter out.
func (r *Remote) Into(stats *Stats, clock uint32) {
	stats.Reported, stats.RemoteLost, stats.RoundTrip = r.reported, r.lost, r.roundTrip
	stats.RemoteScore = r.score
	if clock != 0 {
		stats.RemoteJitter = time.Duration(r.jitter) * time.Second / time.Duration(clock)
	}
}

// NTP gives a moment as RTCP does: seconds since 1900 and their fractions, 32 bits each (RFC 3550 section 4).
func NTP(moment time.Time) uint64 {
	const since1900 = 2208988800
	return uint64(moment.Unix()+since1900)<<32 | uint64(moment.Nanosecond())<<32/uint64(time.Second)
}

// CompactNTP gives the middle 32 bits of NTP.
func CompactNTP(moment time.Time) uint32 { return uint32(NTP(moment) >> 16) }
