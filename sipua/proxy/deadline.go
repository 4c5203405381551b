package proxy

import "time"

// LongestRinging is how long an INVITE that passes through us may go without a final response, counted anew from each
// provisional one but 100: timer C (RFC 3261 section 16.6), longer than three minutes. Then it is canceled; for else
// whoever goes on ringing would keep it in memory.
const LongestRinging = 5 * time.Minute

// deadline is when an INVITE without a final response is canceled, or given up after a CANCEL that changes nothing. The
// lock of its owner guards it. The zero value is none.
type deadline struct{ timer *time.Timer }

// set puts another one in its place, by Options.After.
func (d *deadline) set(after func(time.Duration, func()) *time.Timer, wait time.Duration, passed func()) {
	d.stop()
	d.timer = after(wait, passed)
}

// stop is for when there is a final response.
func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}
