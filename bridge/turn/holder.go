package turn

import (
	"net"
	"net/netip"
	"strings"

	"sipbridge/source"
)

// holder is who has a relay, or wants one.
type holder struct {
	user string
	// source is what counts as one source, see sourceOf.
	source netip.Addr
	guest  bool
}

// id is the holder as pion takes users: so whoever makes the relay knows its source, too.
func (h holder) id() string { return h.source.String() + " " + h.user }

// holderOf is the inverse of id.
func (s *Server) holderOf(id string) (holder, bool) {
	from, user, found := strings.Cut(id, " ")
	address, err := netip.ParseAddr(from)
	return holder{user: user, source: address, guest: s.options.Guest(user)}, found && err == nil
}

// addressOf gives the address of a peer; an invalid one if it has none.
func addressOf(peer net.Addr) netip.AddrPort {
	var at netip.AddrPort
	switch peer := peer.(type) {
	case *net.UDPAddr:
		at = peer.AddrPort()
	case *net.TCPAddr:
		at = peer.AddrPort()
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// sourceOf is what counts as one source.
func sourceOf(peer net.Addr) netip.Addr { return source.Of(addressOf(peer).Addr()) }
