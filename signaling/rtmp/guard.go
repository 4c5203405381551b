package rtmp

import "net/netip"

// Guard slows down who tries passwords, and keys of streams. It is safe for concurrent use.
type Guard interface {
	// Locked tells whether nothing is believed now that somebody at an address says to be a name.
	Locked(name string, from netip.Addr) bool
	// Fail counts a wrong password, and Succeed a right one.
	Fail(name string, from netip.Addr)
	Succeed(name string, from netip.Addr)
}

// guess is a password for a name, or a key for a stream, that somebody at an address has.
type guess struct {
	guard Guard
	name  string
	from  netip.Addr
}

func (c *conn) guess(name string) guess {
	return guess{guard: c.server.options.Guard, name: name, from: c.remote}
}

// guessAt is a password for a name at a domain. That of our own users is counted by the name alone, as for phones.
func (c *conn) guessAt(name, host string, ours bool) guess {
	if ours {
		return c.guess(name)
	}
	return c.guess(name + "@" + host)
}

// keyOf is a key for a stream, which has a name of its own.
func (c *conn) keyOf(stream string) guess { return c.guess(liveApplication + "/" + stream) }

// locked tells whether it may not be tried now.
func (g guess) locked() bool { return g.guard.Locked(g.name, g.from) }

// right tells whether a password is right, as far as it may be tried now, and counts it.
func (g guess) right(proved func() bool) bool {
	switch {
	case g.locked():
		return false
	case !proved():
		g.guard.Fail(g.name, g.from)
		return false
	}
	g.guard.Succeed(g.name, g.from)
	return true
}
