package mux

import (
	"net/netip"
	"slices"
)

// tolerated is how many checks of ours may be unanswered before another way is looked for.
const tolerated = 2

// way is from which of the sockets of a candidate an address of the browser's is reached. It is where the first check
// came to, or where the first answer came to one of ours, which go out by all sockets until then. A browser that
// nominates another one changes it, and so does any check or answer elsewhere once ours have had no answer for a while.
type way struct {
	of         *candidate
	to         netip.AddrPort
	at         *socket
	unanswered int // checks of ours since the last answer
}

// way gives the way to an address, nil for none. The caller holds mu.
func (c *Conn) way(of *candidate, to netip.AddrPort) *way {
	for i := range c.ways {
		if c.ways[i].of == of && c.ways[i].to == to {
			return &c.ways[i]
		}
	}
	return nil
}

// wayTo gives the socket for a check to an address; nil if there is none that answers.
func (c *Conn) wayTo(of *candidate, to netip.AddrPort) *socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.way(of, to)
	if known == nil {
		return nil
	}
	if known.unanswered++; known.unanswered > tolerated {
		return nil
	}
	return known.at
}

// reached takes note that a check of ours was answered.
func (c *Conn) reached(of *candidate, from netip.AddrPort, at *socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found(of, from, at, false)
	if known := c.way(of, from); known != nil && known.at == at {
		known.unanswered = 0
	}
}

// answered takes note that a check of the browser's was answered well.
func (c *Conn) answered(of *candidate, check request, from netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.admit(check.at, from)
	c.found(of, from, check.at, check.nominates)
}

// found takes note that a socket reaches an address. The caller holds mu.
func (c *Conn) found(of *candidate, to netip.AddrPort, at *socket, nominated bool) {
	known := c.way(of, to)
	switch {
	case c.closed || !at.leadsTo(to.Addr()):
		return
	case known == nil:
		if len(c.ways) == maxSources {
			c.ways = slices.Delete(c.ways, 0, 1)
		}
		c.ways = append(c.ways, way{of: of, to: to, at: at})
	case known.at != at && (nominated || known.unanswered > tolerated):
		known.at, known.unanswered = at, 0
	default:
		return
	}
	if path := c.path.Load(); path != nil && path.of == of && path.to == to {
		c.redirect(path, at)
	}
}

// redirect has packets leave from another socket. The caller holds mu.
func (c *Conn) redirect(old *path, at *socket) {
	changed := *old
	changed.from = at
	c.path.Store(&changed)
}

// forgetWays forgets those of a candidate.
func (c *Conn) forgetWays(of *candidate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ways = slices.DeleteFunc(c.ways, func(known way) bool { return known.of == of })
}
