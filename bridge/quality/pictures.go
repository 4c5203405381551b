package quality

import (
	"time"

	"github.com/pion/rtp"
)

const (
	// freezeMargin is how much longer than usual, at least, a picture stands that is called frozen; it also stands three
	// times as long as usual. So says the W3C of freezeCount (webrtc-stats).
	freezeMargin = 150 * time.Millisecond
	// longestFreeze is the longest that is one; beyond it somebody has switched the camera off, or holds.
	longestFreeze = 10 * time.Second
	// settled is how many pictures it takes to know how long one usually stands.
	settled = 10
)

// Pictures counts what can be seen of a stream of pictures without decoding it. The zero value is ready. Who uses it
// locks.
type Pictures struct {
	frames, freezes uint64
	frozen          time.Duration

	ssrc, stamp uint32
	seen        uint64 // pictures of ssrc
	at          time.Time
	usual       time.Duration // that a picture stands
}

// Packet takes a packet that came now. All packets of a picture have the same timestamp; one that is older comes late.
func (p *Pictures) Packet(packet *rtp.Packet, now time.Time) {
	switch {
	case packet.SSRC != p.ssrc || p.seen == 0:
		p.ssrc, p.seen, p.usual = packet.SSRC, 0, 0
	case int32(packet.Timestamp-p.stamp) <= 0:
		return
	default:
		p.stood(now.Sub(p.at))
	}
	p.frames++
	p.seen++
	p.stamp, p.at = packet.Timestamp, now
}

// stood takes how long a picture stood until the next one came.
func (p *Pictures) stood(length time.Duration) {
	switch {
	case length > longestFreeze:
		return
	case p.seen > settled && length > max(3*p.usual, p.usual+freezeMargin):
		p.freezes++
		p.frozen += length
	}
	if p.usual == 0 {
		p.usual = length
	}
	p.usual += (length - p.usual) / 16
}

// Into puts the counts into Stats.
func (p *Pictures) Into(stats *Stats) {
	stats.Frames, stats.Freezes, stats.Frozen = p.frames, p.freezes, p.frozen
}
