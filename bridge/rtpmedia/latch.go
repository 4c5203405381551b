package rtpmedia

import (
	"net/netip"
	"time"
)

const (
	// proof is how many packets in order a source must send before it is believed without other evidence.
	proof = 5
	// proofGap is how many sequence numbers may miss between two of them.
	proofGap = 5
	// silence is how long the source that is followed must have been silent before another may go on for it.
	silence = 2 * time.Second
	// longestJump is how far the sequence may have moved on meanwhile: a minute of 20 ms packets.
	longestJump = 3000
	// maxCandidates is how many unproven sources are watched at a time.
	maxCandidates = 8
)

// trust says why a source is believed, in rising order.
type trust uint8

const (
	// trustNone is a source that nothing speaks for.
	trustNone trust = iota
	// trustUnreachable is one that may be the party's, because the SDP's address cannot be reached from here.
	trustUnreachable
	// trustHost is the host of the SDP or of the signalling, at another port.
	trustHost
	// trustExact is the address and port of the SDP.
	trustExact
)

// latch decides which source of RTP is the party, and with it where to send. See the package comment for
// its rules. It knows no socket and no clock; who uses it locks.
type latch struct {
	// signallingHost is where the party's signalling comes from; invalid if unknown.
	signallingHost netip.Addr
	// signalled is the RTP address of the party's SDP; invalid if it names none that can be used.
	signalled netip.AddrPort

	// current is the source that is followed; invalid before the first.
	current netip.AddrPort
	trust   trust
	// unheard tells that only DTLS has come from current.
	unheard bool
	// ssrc, sequence and heard are those of the newest packet of current, source is where it came from.
	ssrc     uint32
	sequence uint16
	heard    time.Time
	source   netip.AddrPort

	candidates []candidate // at most maxCandidates, oldest first

	// paths are those found by ICE.
	paths paths
}

// candidate is a source that may prove itself.
type candidate struct {
	from     netip.AddrPort
	ssrc     uint32
	sequence uint16
	inOrder  int
}

// adopt takes the address of a new agreement. An address that did not change keeps its source.
func (l *latch) adopt(signalled netip.AddrPort) {
	if signalled == l.signalled && !l.paths.on {
		return
	}
	*l = latch{signallingHost: l.signallingHost, signalled: signalled}
}

// adoptICE leaves all to ICE. What was found before the agreement counts, and after a new start until more is found.
func (l *latch) adoptICE() {
	if !l.paths.on {
		found := l.paths
		found.on = true
		*l = latch{signallingHost: l.signallingHost, paths: found}
	}
}

// destination is where to send RTP; invalid if not known yet.
func (l *latch) destination() netip.AddrPort {
	if l.paths.on {
		return l.paths.rtp
	}
	if l.current.IsValid() {
		return l.current
	}
	return l.signalled
}

// accept tells whether a valid RTP packet comes from the party, and follows its source if it earned that.
func (l *latch) accept(from netip.AddrPort, ssrc uint32, sequence uint16, now time.Time) bool {
	switch {
	case l.paths.on:
		if !l.paths.has(from) {
			return false
		}
	case from != l.current && !l.follow(from, ssrc, sequence, now):
		return false
	}
	if ssrc != l.ssrc || int16(sequence-l.sequence) > 0 {
		l.ssrc, l.sequence = ssrc, sequence
	}
	l.heard, l.source, l.unheard = now, from, false
	return true
}

// follows tells whether a source is the one that is followed.
func (l *latch) follows(from netip.AddrPort) bool {
	if l.paths.on {
		return l.paths.has(from)
	}
	return from == l.current
}

// acceptsReports tells whether RTCP from there is the party's.
func (l *latch) acceptsReports(from netip.Addr) bool {
	switch {
	case l.paths.on:
		return l.paths.hasHost(from)
	case l.current.IsValid():
		return from == l.current.Addr()
	}
	return l.trustIn(netip.AddrPortFrom(from, 0)) >= trustHost
}

// prove follows the only source of DTLS, from which the party has proved itself, and tells whether that is another than
// before. Its media may come by another way: it is trusted no more than its address is, and another may take its place
// until it is heard.
func (l *latch) prove(from netip.AddrPort, now time.Time) bool {
	if l.paths.on || l.destination() == from || l.trustIn(from) == trustNone {
		return false
	}
	l.current, l.trust, l.candidates, l.heard, l.unheard = from, l.trustIn(from), nil, now, true
	return true
}

// follow tells whether a source other than current may become current, and makes it so.
func (l *latch) follow(from netip.AddrPort, ssrc uint32, sequence uint16, now time.Time) bool {
	level := l.trustIn(from)
	better := level >= trustHost && level > l.trust
	switch {
	case better:
	case !l.current.IsValid() && level == trustUnreachable, l.unheard && level > trustNone,
		l.continues(ssrc, sequence, now):
		if !l.proven(from, ssrc, sequence) {
			return false
		}
	default:
		return false
	}
	l.current, l.trust, l.candidates = from, level, nil
	l.ssrc, l.sequence = ssrc, sequence
	return true
}

func (l *latch) trustIn(from netip.AddrPort) trust {
	switch {
	case l.paths.on:
		if l.paths.has(from) {
			return trustExact
		}
		return trustNone
	case from == l.signalled:
		return trustExact
	case from.Addr() == l.signalled.Addr(), from.Addr() == l.signallingHost:
		return trustHost
	case !l.signalled.IsValid(), reach(from.Addr()) > reach(l.signalled.Addr()):
		return trustUnreachable
	default:
		return trustNone
	}
}

// continues tells whether a packet goes on with the stream of a source that fell silent: its SSRC and its
// sequence. Nobody can guess these who does not see the stream.
func (l *latch) continues(ssrc uint32, sequence uint16, now time.Time) bool {
	ahead := int16(sequence - l.sequence)
	return l.current.IsValid() && now.Sub(l.heard) >= silence && ssrc == l.ssrc && ahead > 0 && ahead < longestJump
}

// proven counts packets in order of an unproven source and tells whether it is enough.
func (l *latch) proven(from netip.AddrPort, ssrc uint32, sequence uint16) bool {
	for i := range l.candidates {
		known := &l.candidates[i]
		if known.from != from || known.ssrc != ssrc {
			continue
		}
		if ahead := int16(sequence - known.sequence); ahead > 0 && ahead <= proofGap {
			known.inOrder++
		} else {
			known.inOrder = 1
		}
		known.sequence = sequence
		return known.inOrder >= proof
	}
	if len(l.candidates) == maxCandidates {
		l.candidates = append(l.candidates[:0], l.candidates[1:]...)
	}
	l.candidates = append(l.candidates, candidate{from: from, ssrc: ssrc, sequence: sequence, inOrder: 1})
	return false
}

// reach says from how far an address can be reached: 0 from its own machine or link, 1 from its own
// network, 2 from everywhere.
func reach(address netip.Addr) int {
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10) // RFC 6598
	switch {
	case !address.IsValid(), address.IsLoopback(), address.IsLinkLocalUnicast(), address.IsUnspecified():
		return 0
	case address.IsPrivate(), shared.Contains(address):
		return 1
	default:
		return 2
	}
}
