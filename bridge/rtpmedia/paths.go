package rtpmedia

import (
	"net/netip"
	"slices"
)

// maxPaths is how many addresses of a party are believed at a time; a new one takes the place of the oldest.
const maxPaths = 8

// paths are what ICE has found of a party. Only who knows our password gets in here.
type paths struct {
	// on tells that ICE was agreed on: nothing else counts then.
	on bool
	// sources are from where its checks came, oldest first.
	sources []netip.AddrPort
	// rtp and rtcp are where it wants our media; invalid before it has nominated.
	rtp, rtcp netip.AddrPort
}

// check notes a check of the party.
func (p *paths) check(from netip.AddrPort, nominated, reports bool) {
	if !p.has(from) {
		if len(p.sources) == maxPaths {
			p.sources = slices.Delete(p.sources, 0, 1)
		}
		p.sources = append(p.sources, from)
	}
	switch {
	case nominated && reports:
		p.rtcp = from
	case nominated:
		p.rtp = from
	}
}

// revoke forgets where RTP, or RTCP, was wanted.
func (p *paths) revoke(reports bool) {
	if reports {
		p.rtcp = netip.AddrPort{}
		return
	}
	p.rtp = netip.AddrPort{}
}

func (p *paths) has(from netip.AddrPort) bool { return slices.Contains(p.sources, from) }

func (p *paths) hasHost(from netip.Addr) bool {
	return slices.ContainsFunc(p.sources, func(source netip.AddrPort) bool { return source.Addr() == from })
}
