package rates

import "time"

const (
	// least is the lowest rate that is believed, in bit/s: pictures are worth nothing below.
	least = 50_000
	// pause is the least time between two rates that are passed on, unless the rate falls.
	pause = 500 * time.Millisecond
	// step is the change that is worth passing on, as a part of the rate.
	step = 20
)

// Notice decides which of the rates that a party tells are passed on. The zero value is ready. It is not safe for
// concurrent use.
type Notice struct {
	bitrate uint64
	at      time.Time
}

// Take gives the rate to pass on in bit/s, and tells whether it is news.
func (n *Notice) Take(bitrate uint64, now time.Time) (uint64, bool) {
	bitrate = max(bitrate, least)
	falls := bitrate < n.bitrate
	change := max(bitrate, n.bitrate) - min(bitrate, n.bitrate)
	if change <= n.bitrate/step || !falls && now.Sub(n.at) < pause {
		return 0, false
	}
	n.bitrate, n.at = bitrate, now
	return bitrate, true
}
