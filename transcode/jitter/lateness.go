package jitter

import "time"

const (
	// window is how many packets the fastest one is looked for in, and once more as many before them.
	window = 200
	// bucket is the width of the places of the histogram, buckets their number: what is later counts as so late.
	bucket  = 5 * time.Millisecond
	buckets = 40
	// even is the lateness that is not worth a delay: less than a packet.
	even = 15 * time.Millisecond
	// memory is how many packets the histogram remembers: after as many more, a third is left of what one counts.
	memory = 200
	// heavy is the weight at which all are divided by it.
	heavy = 1e9
	// tolerated is the share of packets that may be later than that before all are delayed, missed the share that is too
	// late then.
	tolerated = 0.05
	missed    = 0.01
	// fall is the time in which a delay that is no longer needed falls to a third while nobody pauses.
	fall = 3 * time.Second
	// leap is a lateness that no path makes: the timestamps, or a clock, have jumped.
	leap = 250 * time.Millisecond
	// longestJump is the longest step of timestamps on one time line, in seconds. Larger ones would add up until times
	// wrap.
	longestJump = 60
)

// lateness measures how late packets are against the fastest of the latest ones, and finds the delay that most of them
// need.
type lateness struct {
	clockRate int64
	most      time.Duration

	started bool
	stamp   uint32 // of the last packet
	units   int64  // the same on an unbroken count
	// fastest is the least transit time in this window and the one before, counted the packets of this one.
	fastest [2]time.Duration
	counted int

	packets [buckets]float64 // by lateness, of which each counts its weight
	total   float64          // of them
	weight  float64          // of the next one
	delay   time.Duration
	seen    time.Duration // when the last packet came
}

// restart forgets the time line, and keeps what is known of the path.
func (l *lateness) restart() { l.started, l.counted = false, 0 }

// take measures a packet that came at a moment. It reports whether the packet begins a new time line.
func (l *lateness) take(timestamp uint32, at time.Duration) (jumped bool) {
	if jump := int64(int32(timestamp - l.stamp)); l.started && max(jump, -jump) > longestJump*l.clockRate {
		l.restart()
		jumped = true
	}
	transit := at - l.place(timestamp)
	if late := transit - l.base(); l.counted == 0 || late > leap {
		jumped = jumped || l.counted > 0
		l.fastest = [2]time.Duration{transit, transit}
	}
	if l.counted++; l.counted > window {
		l.fastest[1], l.fastest[0], l.counted = l.fastest[0], transit, 1
	}
	l.fastest[0] = min(l.fastest[0], transit)
	l.count(transit - l.base())
	l.adapt(at)
	return jumped
}

// place gives the moment of a timestamp on the party's clock.
func (l *lateness) place(timestamp uint32) time.Duration {
	if !l.started {
		l.started, l.stamp, l.units = true, timestamp, 0
	}
	l.units += int64(int32(timestamp - l.stamp))
	l.stamp = timestamp
	return l.moment(timestamp)
}

// moment is place without taking notice.
func (l *lateness) moment(timestamp uint32) time.Duration {
	units := l.units + int64(int32(timestamp-l.stamp))
	whole, rest := units/l.clockRate, units%l.clockRate
	return time.Duration(whole)*time.Second + time.Duration(rest)*time.Second/time.Duration(l.clockRate)
}

// base is the transit time of the fastest packet.
func (l *lateness) base() time.Duration { return min(l.fastest[0], l.fastest[1]) }

// due gives when a packet is to go out.
func (l *lateness) due(timestamp uint32) time.Duration {
	return l.moment(timestamp) + l.base() + l.delay
}

// count enters the lateness of a packet into the histogram, which begins as if all had come in time. Each counts more
// than the one before, which is as good as letting all others fade.
func (l *lateness) count(late time.Duration) {
	if l.total == 0 {
		l.weight, l.total, l.packets[0] = 1, memory, memory
	}
	l.packets[min(max(int(late/bucket), 0), buckets-1)] += l.weight
	l.total += l.weight
	if l.weight *= float64(memory) / (memory - 1); l.weight < heavy {
		return
	}
	for i := range l.packets {
		l.packets[i] /= l.weight
	}
	l.total, l.weight = l.total/l.weight, 1
}

// needed is the delay that nearly all packets keep to, where more of them are late than can be put up with.
func (l *lateness) needed() time.Duration {
	late, delay := 0.0, time.Duration(0)
	for i := buckets - 1; i >= int(even/bucket); i-- {
		if late += l.packets[i]; delay == 0 && late > missed*l.total {
			delay = min(time.Duration(i+1)*bucket, l.most)
		}
	}
	if late <= tolerated*l.total {
		return 0
	}
	return delay
}

// adapt raises the delay at once, and lowers it slowly.
func (l *lateness) adapt(at time.Duration) {
	needed := l.needed()
	passed := min(max(at-l.seen, 0), fall)
	l.delay = max(needed, l.delay-(l.delay-needed)*(passed/time.Microsecond)/(fall/time.Microsecond))
	if needed == 0 && l.delay <= even {
		l.delay = 0
	}
	l.seen = at
}

// pause lowers the delay while nothing is heard that could tell.
func (l *lateness) pause() { l.delay = l.needed() }
