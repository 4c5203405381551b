package rtmp

import "time"

const (
	// maxWait is the longest that a packet waits for its turn.
	maxWait = 120 * time.Millisecond
	// followDrift is how much later, with each packet, sound may come for good, because the other party's clock is slow.
	followDrift = 20 * time.Microsecond
	// forgetJitter says how fast the wait shrinks when packets come evenly again: by one part of so many with each
	// packet, which halves it in about four seconds.
	forgetJitter = 256
	// maxJump is how far a packet may be off its time before it counts as the first of something new.
	maxJump = time.Second
)

// pace says when sound that comes unevenly is to go out evenly: as late, against the packet that was fastest on its
// way, as the slowest of the last seconds was.
type pace struct {
	started bool
	// base is the arrival of the fastest packet less its time in the stream.
	base time.Duration
	// wait is how much later than the fastest packets all go.
	wait time.Duration
	last time.Duration
}

// due gives the time at which a packet is to go out, of its time in the stream and that of its arrival. It is never
// before that of the packet before, nor more than maxWait after its arrival.
func (p *pace) due(stream, arrival time.Duration) time.Duration {
	onItsWay := arrival - stream
	late := onItsWay - p.base
	switch {
	case !p.started || late > maxJump || late < -maxJump:
		*p = pace{started: true, base: onItsWay}
	case late < 0:
		p.base = onItsWay
	default:
		p.base += min(followDrift, late)
	}
	late = onItsWay - p.base
	p.wait -= p.wait / forgetJitter
	p.wait = min(max(p.wait, late), maxWait)
	due := max(stream+p.base+p.wait, arrival, p.last)
	p.last = min(due, arrival+maxWait)
	return p.last
}
