package jitter

import "time"

const (
	// window is how many packets the fastest one is looked for in, and once more as many before them.
	window = 200
	// bucket is the width of the places of the histogram, buckets their number: what is later counts as so late.
	bucket  = 5 * time.Millisecond
	buckets = 40
	// even is the lateness that is not worth a delay: half a packet.
	even = 10 * time.Millisecond
	// memory is how many packets the histogram remembers: after as many more, a third is left of what one counts.
	memory = 200
	// before is how many packets in time it is taken to remember at first.
	before = 50
	// heavy is the weight at which all are divided by it.
	heavy = 1e9
	// tolerated is the share of packets that may come too late.
	tolerated = 0.03
	// fall is how much of the time that passes the delay falls while nobody pauses.
	fall = 200 // one part in so many: 5 ms a second
	// leap is a lateness that no path makes: the timestamps, or a clock, have jumped.
	leap = 250 * time.Millisecond
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

// take measures a packet that came at a moment.
func (l *lateness) take(timestamp uint32, at time.Duration) {
	transit := at - l.place(timestamp)
	if late := transit - l.base(); l.counted == 0 || late > leap {
		l.fastest = [2]time.Duration{transit, transit}
	}
	if l.counted++; l.counted > window {
		l.fastest[1], l.fastest[0], l.counted = l.fastest[0], transit, 1
	}
	l.fastest[0] = min(l.fastest[0], transit)
	l.count(transit - l.base())
	l.adapt(at)
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

// count enters the lateness of a packet into the histogram. Once it remembers enough packets each counts more than the
// one before, which is as good as letting all others fade.
func (l *lateness) count(late time.Duration) {
	if l.total == 0 { // as if some had come in time before
		l.weight, l.total, l.packets[0] = 1, before, before
	}
	l.packets[min(int(late/bucket), buckets-1)] += l.weight
	l.total += l.weight
	if l.total < memory*l.weight {
		return
	}
	if l.weight *= float64(memory) / (memory - 1); l.weight < heavy {
		return
	}
	for i := range l.packets {
		l.packets[i] /= l.weight
	}
	l.total, l.weight = l.total/l.weight, 1
}

// needed is the delay that nearly all packets keep to.
func (l *lateness) needed() time.Duration {
	above := 0.0
	for i := buckets - 1; i >= 0; i-- {
		if above += l.packets[i]; above > tolerated*l.total {
			if late := time.Duration(i+1) * bucket; late > even {
				return min(late, l.most)
			}
			return 0
		}
	}
	return 0
}

// adapt raises the delay at once, and lowers it slowly.
func (l *lateness) adapt(at time.Duration) {
	needed := l.needed()
	l.delay = max(needed, l.delay-max(at-l.seen, 0)/fall)
	if needed == 0 && l.delay <= even {
		l.delay = 0
	}
	l.seen = at
}

// pause lowers the delay while nothing is heard that could tell.
func (l *lateness) pause() { l.delay = l.needed() }
