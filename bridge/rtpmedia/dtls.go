package rtpmedia

import (
	"net/netip"
	"slices"
	"strings"

	"sipbridge/bridge/dtlssrtp"
	"sipbridge/bridge/sdp"
)

// The roles in a=setup (RFC 4145 section 4).
const (
	setupActpass = "actpass"
	setupActive  = "active"
	setupPassive = "passive"
)

// dtlsTerms are what SDP agrees on of DTLS (RFC 5763 section 5): one association holds as long as they stay the same.
type dtlsTerms struct {
	// peer is the party's certificate; zero where there is no DTLS.
	peer dtlssrtp.Fingerprint
	// client tells that we begin.
	client bool
	// mux tells that RTCP has no port, and so no association, of its own.
	mux bool
}

// byDTLS tells whether a section has what DTLS takes, and does not have keys that are to be used instead.
func (s *Session) byDTLS(media sdp.Media) bool {
	wanted := strings.HasPrefix(strings.ToUpper(media.Protocol), "UDP/TLS/") || !bySDES(media)
	_, ok := fingerprintOf(media)
	return s.options.Security.Identity != nil && wanted && ok && media.Setup != "holdconn"
}

// fingerprintOf gives the fingerprint of a section that can be checked.
func fingerprintOf(media sdp.Media) (dtlssrtp.Fingerprint, bool) {
	for _, fingerprint := range media.Fingerprints {
		if slices.Contains([]string{"sha-256", "sha-384", "sha-512"}, fingerprint.Hash) {
			return dtlssrtp.Fingerprint(fingerprint), true
		}
	}
	return dtlssrtp.Fingerprint{}, false
}

// offerDTLS makes our offer of a kind one of media that are protected by DTLS. What comes before the answer is kept.
func (s *Session) offerDTLS(ours *section) {
	ours.Protocol = "UDP/TLS/RTP/SAVP"
	ours.RTCPMux = true
	s.identify(ours, setupActpass)
	s.streams[ours.Kind()].expectDTLS()
}

// identify puts our certificate and role into a section.
func (s *Session) identify(ours *section, setup string) {
	ours.Fingerprints = []sdp.Fingerprint{sdp.Fingerprint(s.options.Security.Identity.Fingerprint())}
	ours.Setup = setup
}

// answeredDTLS is what the party's answer agrees on.
func (s *Session) answeredDTLS(ours *section, party sdp.Media) (*protection, error) {
	if party.Setup != setupActive && party.Setup != setupPassive {
		return nil, ErrProtection
	}
	peer, _ := fingerprintOf(party)
	terms := dtlsTerms{peer: peer, client: party.Setup == setupPassive, mux: party.RTCPMux}
	return s.streams[ours.Kind()].associate(terms, s.negotiation.current[ours.Kind()]), nil
}

// answerDTLS makes our answer to an offer of DTLS. We begin if we may, as RFC 5763 section 5 wants; but a party
// that names another address than the one it speaks from is behind a NAT, and has to begin itself. Where there is
// an association, roles stay (RFC 8842 section 5.3), also in the one that takes its place where we move without ICE.
func (s *Session) answerDTLS(ours *section, offered sdp.Media) *protection {
	peer, _ := fingerprintOf(offered)
	terms := dtlsTerms{peer: peer, mux: offered.RTCPMux}
	current := s.negotiation.current[offered.Kind()]
	switch {
	case offered.Setup == setupActive:
	case offered.Setup == setupPassive:
		terms.client = true
	case current != nil && current.terms.peer == peer:
		terms.client = current.terms.client
	default:
		terms.client = s.isDirect(offered)
	}
	setup := setupPassive
	if terms.client {
		setup = setupActive
	}
	s.identify(ours, setup)
	if s.negotiation.move != nil && ours.ice == nil {
		current = nil
	}
	return s.streams[offered.Kind()].associate(terms, current)
}

// isDirect tells whether a party's media are where its signalling is, and not found by ICE, which it begins.
func (s *Session) isDirect(media sdp.Media) bool {
	address, ok := media.RTPAddress()
	host := s.options.SignallingHost
	return ok && !media.ICE() && (!host.IsValid() || host == address.Addr())
}

// expectDTLS keeps packets of DTLS until the answer to our offer tells whose they should be.
func (s *stream) expectDTLS() {
	if s.associations.Load() == nil {
		s.associations.Store(newAssociations(s))
	}
}

// associate gives the protection that terms make: the one before, if they are the same.
func (s *stream) associate(terms dtlsTerms, before *protection) *protection {
	if before != nil && before.terms == terms {
		return before
	}
	pair := s.associations.Load()
	if pair == nil || pair.started {
		pair = newAssociations(s)
	}
	made := &protection{packets: pair.rtp, reports: pair.rtcp, terms: terms}
	if terms.mux {
		made.reports = pair.rtp
	}
	return made
}

// secure begins what an agreement needs to get its keys, and ends what it does not need any more. The leg's goroutine
// calls it.
func (s *stream) secure(agreed *protection) {
	wanted := agreed.associations()
	before := s.associations.Swap(wanted)
	if before != nil && before != wanted {
		before.close()
	}
	if wanted != nil && !wanted.started {
		wanted.start(agreed.terms)
	}
}

// associations are those that protect; nil if there are none.
func (p *protection) associations() *associations {
	if p == nil {
		return nil
	}
	if first, ok := p.packets.(*association); ok {
		return first.pair
	}
	return nil
}

// receiveDTLS takes a packet of DTLS from the RTP port, or from that of RTCP.
func (s *stream) receiveDTLS(datagram []byte, from netip.AddrPort, reports bool) {
	pair := s.associations.Load()
	if pair == nil || len(datagram) > maxDatagram {
		s.options.Counters.malformed.Add(1)
		return
	}
	if s.agreed.Load() != nil && !s.mayBe(from) {
		s.options.Counters.wrongSource.Add(1)
		return
	}
	if reports {
		pair.rtcp.take(datagram, from)
		return
	}
	pair.rtp.take(datagram, from)
}

// mayBe tells whether a source may be the party, which has still to prove it.
func (s *stream) mayBe(from netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latch.trustIn(from) > trustNone
}
