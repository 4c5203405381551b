package rtmp

// maxLead is how far, in milliseconds, the time of sound may be from that of the connection before it is
// set anew: a source whose clock is wrong must not let a client's buffer grow for ever.
const maxLead = 2000

// player gives the packets of a leg their time in milliseconds: that of the connection when the first comes, and
// from then on that of the RTP timestamps. Time never goes back, which Flash does not bear.
type player struct {
	started bool
	last    uint32 // RTP timestamp
	time    uint32 // in milliseconds, of last
	rest    uint64 // of time, in parts of the RTP clock
}

// at gives the time of a packet, or reports false if it comes after one that is newer. Clock is the RTP clock in Hz,
// now the time of the connection.
func (p *player) at(timestamp, clock, now uint32) (milliseconds uint32, inOrder bool) {
	if clock == 0 {
		return 0, false
	}
	before, forward := p.time, int32(timestamp-p.last)
	switch {
	case !p.started:
		p.started, p.time, p.rest = true, now, 0
		before = now
	case forward < 0:
		return 0, false
	default:
		p.rest += uint64(forward) * 1000
		p.time += uint32(p.rest / uint64(clock))
		p.rest %= uint64(clock)
	}
	p.last = timestamp
	switch lead := int32(p.time - now); {
	case lead < -maxLead:
		p.time = now
	case lead > maxLead:
		p.time = before
	}
	return p.time, true
}

// before gives the time of a packet that comes after one that is newer, as pictures do that are shown before others
// that come first. It reports false for one that is older than maxLead.
func (p *player) before(timestamp, clock uint32) (milliseconds uint32, ok bool) {
	back := int32(p.last - timestamp)
	if clock == 0 || back < 0 || uint64(back)*1000 > maxLead*uint64(clock) {
		return 0, false
	}
	return p.time - uint32(uint64(back)*1000/uint64(clock)), true
}
