package amr

// NoRequest is the mode of a party that asks for none (RFC 4867 section 4.3.1).
const NoRequest = 15

// modes are those that a party lets us encode in, one bit each; 0 means all.
type modes uint16

func (m modes) has(mode int) bool { return m == 0 || m>>mode&1 == 1 }

// best gives the highest one that is not above a mode, or else the lowest.
func (m modes) best(mode int) int {
	for at := mode; at >= 0; at-- {
		if m.has(at) {
			return at
		}
	}
	for !m.has(mode) {
		mode++
	}
	return mode
}

// rate is the mode of one stream, which follows what the party asks for within what it agreed to.
type rate struct {
	format Format
	// wanted is the mode to come to, current the one of the last frame, age how many frames it had.
	wanted, current, age int
}

func newRate(format Format) rate {
	return rate{format: format, wanted: format.Mode, current: format.Mode}
}

// follow takes a party's request; NoRequest leaves the choice to us. One for a mode that was not agreed on says
// nothing.
func (r *rate) follow(mode int) {
	switch {
	case mode == NoRequest:
		r.wanted = r.format.Mode
	case mode >= 0 && mode < sidOf(r.format.Band) && r.format.modes.has(mode):
		r.wanted = mode
	}
}

// next gives the mode of the next frame. Changes have a multiple of the party's period between them, and go by one mode
// of its set at a time if it wants that (mode-change-period and mode-change-neighbor, RFC 4867 section 8.1).
func (r *rate) next() int {
	if r.current != r.wanted && r.age%r.format.period() == 0 {
		r.current = r.step()
		r.age = 0
	}
	r.age++
	return r.current
}

func (r *rate) step() int {
	if !r.format.neighbors {
		return r.wanted
	}
	direction := 1
	if r.wanted < r.current {
		direction = -1
	}
	mode := r.current + direction
	for !r.format.modes.has(mode) {
		mode += direction
	}
	return mode
}
